"""The tables of taskmaster as Python classes."""

import string
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
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.sql.naming import conv

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
        CheckConstraint("repeat_every >= 1", name=conv("ck_tasks_repeats")),
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
    field: Mapped[str] = mapped_column(Text)
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str | None] = mapped_column(Text)


class MergedUser(Base):
    """A user as it was before it was merged, the one who stayed included."""

    __tablename__ = "merged_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kept_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    username: Mapped[str]
    email: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    full_name: Mapped[str | None]
    about: Mapped[str | None] = mapped_column(Text)
    profile_created_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MergedTask(Base):
    """Whose a task was before its user was merged."""

    __tablename__ = "merged_tasks"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int]


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(unique=True)

    tasks: Mapped[list["Task"]] = relationship(
        secondary=task_tags, back_populates="tags", passive_deletes=True
    )


def folded(column):
    """COLUMN in small letters, A to Z and no others, without the spaces at its ends, on every database."""
    text = f"ltrim(rtrim({column}))"
    for letter in string.ascii_uppercase:
        text = f"replace({text}, '{letter}', '{letter.lower()}')"
    return text


class User(HasCreatedAt, Base):
    __tablename__ = "users"
    __table_args__ = (
        Index("ux_users_person", text(folded("username")), unique=True),
        Index("ux_users_mailbox", text(f"nullif({folded('email')}, '')"), unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]

    tasks: Mapped[list["Task"]] = relationship(back_populates="owner", passive_deletes="all")
    profile: Mapped["Profile | None"] = relationship(back_populates="user", passive_deletes="all")


class Profile(BelongsToOneUser, HasCreatedAt, Base):
    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str | None]
    about: Mapped[str | None] = mapped_column(Text)
