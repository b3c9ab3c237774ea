"""The table `tasks`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, false, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from taskmaster.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from taskmaster.models.user import User


class Task(Base):
    """Something to do."""

    __tablename__ = "tasks"
    __table_args__ = (CheckConstraint("priority BETWEEN 1 AND 4", name="priority_range"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    done: Mapped[bool] = mapped_column(server_default=false())
    due_on: Mapped[date | None]
    category: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=func.now())
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    priority: Mapped[int] = mapped_column(server_default=text("2"))

    owner: Mapped[User | None] = relationship(back_populates="tasks")
