"""Columns that several tables have, written once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from taskmaster.models.base import UtcDateTime

if TYPE_CHECKING:
    from taskmaster.models.user import User


class HasCreatedAt:
    """When the row was made; the database fills it in."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=func.now())


class BelongsToOneUser:
    """One to one with `users`: every row has a user, and a user has at most one row.

    `declared_attr` calls each of these once for every class, so that each table gets a foreign key of
    its own. The class is named by what `User` calls it: `Profile` is `User.profile`.
    """

    @declared_attr
    def user_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)

    @declared_attr
    def user(cls) -> Mapped[User]:
        return relationship(back_populates=cls.__name__.lower())  # type: ignore[attr-defined]
