"""The table `users`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from taskmaster.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from taskmaster.models.task import Task


class User(Base):
    """Somebody who owns tasks."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=func.now())

    # "all": what becomes of the tasks of a removed user is the foreign key's rule, not the ORM's.
    tasks: Mapped[list[Task]] = relationship(back_populates="owner", passive_deletes="all")
