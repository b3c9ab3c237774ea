"""The tables as they are at head, one file a table. Importing this package registers them all."""

from taskmaster.models.base import Base, UtcDateTime
from taskmaster.models.profile import Profile
from taskmaster.models.tag import Tag, task_tags
from taskmaster.models.task import Task
from taskmaster.models.user import User

__all__ = ["Base", "Profile", "Tag", "Task", "User", "UtcDateTime", "task_tags"]
