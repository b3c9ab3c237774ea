"""The tables of taskmaster as Python classes."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    false,
    func,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.sql.functions import FunctionElement

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class HasCreatedAt:
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class BelongsToOneUser:
    @declared_attr
    def user_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)

    @declared_attr
    def user(cls) -> Mapped["User"]:
        return relationship(back_populates=cls.__name__.lower())


task_tags = Table(
    "task_tags",
    Base.metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Task(HasCreatedAt, Base):
    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority_range"),
        CheckConstraint("estimate > 0", name="estimate_positive"),
        CheckConstraint("repeat_every > 0", name="repeat_every_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    done: Mapped[bool] = mapped_column(server_default=false())
    due_on: Mapped[date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    priority: Mapped[int] = mapped_column(server_default=text("2"))
    estimate: Mapped[int | None]
    notes: Mapped[str | None] = mapped_column(Text)
    repeat_every: Mapped[int | None]

    owner: Mapped["User | None"] = relationship(back_populates="tasks")
    tags: Mapped[list["Tag"]] = relationship(
        secondary=task_tags, back_populates="tasks", passive_deletes=True
    )
    changes: Mapped[list["Change"]] = relationship(back_populates="task", passive_deletes=True)


Index(
    "ix_tasks_open",
    Task.priority.desc(),
    Task.due_on.is_(None),
    Task.due_on,
    Task.id,
    sqlite_where=Task.done.is_(False),
    postgresql_where=Task.done.is_(False),
)


class Change(Base):
    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    field: Mapped[str]
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str | None] = mapped_column(Text)

    task: Mapped["Task"] = relationship(back_populates="changes")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(unique=True)

    tasks: Mapped[list["Task"]] = relationship(
        secondary=task_tags, back_populates="tags", passive_deletes=True
    )


class folded(FunctionElement[str]):
    """A text without case and spaces at its ends."""

    inherit_cache = True


@compiles(folded)
def _folded(element, compiler, **kw):
    return f"trim({compiler.process(element.clauses, **kw)}) COLLATE NOCASE"


@compiles(folded, "postgresql")
def _folded_by_postgresql(element, compiler, **kw):
    return f"TRIM(BOTH FROM {compiler.process(element.clauses, **kw)})"


class User(HasCreatedAt, Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]

    tasks: Mapped[list["Task"]] = relationship(back_populates="owner", passive_deletes="all")
    profile: Mapped["Profile | None"] = relationship(back_populates="user", passive_deletes="all")


Index("uq_users_same_username", folded(User.username), unique=True)
Index("uq_users_same_email", folded(func.nullif(func.trim(User.email), text("''"))), unique=True)


class Profile(BelongsToOneUser, HasCreatedAt, Base):
    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str | None]
    about: Mapped[str | None] = mapped_column(Text)
