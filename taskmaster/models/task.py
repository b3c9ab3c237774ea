"""The table `tasks`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from taskmaster.models.base import Base
from taskmaster.models.mixins import HasCreatedAt
from taskmaster.models.tag import task_tags

if TYPE_CHECKING:
    from taskmaster.models.tag import Tag
    from taskmaster.models.user import User


class Task(HasCreatedAt, Base):
    """Something to do."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority_range"),
        CheckConstraint("estimate > 0", name="estimate_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    done: Mapped[bool] = mapped_column(server_default=false())
    due_on: Mapped[date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    priority: Mapped[int] = mapped_column(server_default=text("2"))
    estimate: Mapped[int | None]  # minutes
    notes: Mapped[str | None] = mapped_column(Text)

    owner: Mapped[User | None] = relationship(back_populates="tasks")
    tags: Mapped[list[Tag]] = relationship(secondary=task_tags, back_populates="tasks", passive_deletes=True)


# The open tasks in the order in which `list` shows them.
Index(
    "ix_tasks_open",
    Task.priority.desc(),
    Task.due_on.is_(None),
    Task.due_on,
    Task.id,
    sqlite_where=Task.done.is_(False),
    postgresql_where=Task.done.is_(False),
)
