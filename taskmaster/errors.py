"""What can go wrong, as sentences for the person who types. Each class knows its exit status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class TaskmasterError(Exception):
    """Something that taskmaster cannot do; its text is all that people see of it."""

    exit_code = 1


class BadInputError(TaskmasterError):
    """What was typed cannot be understood; nothing was opened or changed."""

    exit_code = 2


class NeedsRevisionError(TaskmasterError):
    """The database is at a revision that cannot do this yet."""


class RetiredError(TaskmasterError):
    """The database is at a revision that cannot do this any more."""


class NoDatabaseError(TaskmasterError):
    """There is no database yet."""


class UnfitDatabaseError(TaskmasterError):
    """What is there is not taskmaster's, or is of a newer one, or was changed by hand; it was not touched."""


class ForeignDatabaseError(UnfitDatabaseError):
    """The tables that are there are somebody else's."""


class NoSuchTaskError(TaskmasterError):
    """An id that no task has; nothing was changed."""


class UserError(TaskmasterError):
    """A user who does not exist, exists already, or is one of several of that name; nothing was changed."""


class TagError(TaskmasterError):
    """A tag that does not exist, or exists already; nothing was changed."""


class WouldLoseTasksError(TaskmasterError):
    """Removing this would remove tasks along with it, and nobody said so; nothing was changed."""


class ImportConflictError(TaskmasterError):
    """What is to be imported contradicts what is there; nothing was changed."""


@contextmanager
def values_are_ours() -> Iterator[None]:
    """Say in a sentence that a row holds what taskmaster cannot read. SQLite keeps any value anywhere."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UnfitDatabaseError(
            f"The database holds a value that taskmaster did not write: {error}. Nothing was changed."
        ) from error
