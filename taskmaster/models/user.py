"""The table `users`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped, mapped_column, relationship

from taskmaster.models.base import Base
from taskmaster.models.mixins import HasCreatedAt

if TYPE_CHECKING:
    from taskmaster.models.profile import Profile
    from taskmaster.models.task import Task


class User(HasCreatedAt, Base):
    """Somebody who owns tasks."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]

    # What becomes of the rows of a removed user is each foreign key's rule, not the ORM's.
    tasks: Mapped[list[Task]] = relationship(back_populates="owner", passive_deletes="all")
    profile: Mapped[Profile | None] = relationship(back_populates="user", passive_deletes="all")
