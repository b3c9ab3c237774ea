"""The table `tags`, and the links between tags and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from taskmaster.models.base import Base

if TYPE_CHECKING:
    from taskmaster.models.task import Task

# A row says that a task has a tag, and nothing else, so it needs no class.
task_tags = Table(
    "task_tags",
    Base.metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Tag(Base):
    """A word that tasks can share. `folded` is what all its spellings have in common."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(unique=True)

    tasks: Mapped[list[Task]] = relationship(secondary=task_tags, back_populates="tags", passive_deletes=True)
