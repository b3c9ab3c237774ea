"""The table `profiles`."""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from taskmaster.models.base import Base
from taskmaster.models.mixins import BelongsToOneUser, HasCreatedAt


class Profile(BelongsToOneUser, HasCreatedAt, Base):
    """What a user says about themselves."""

    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str | None]
    about: Mapped[str | None] = mapped_column(Text)
