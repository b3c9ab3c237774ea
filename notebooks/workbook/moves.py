"""What the last %alembic command that moved a database did to it: a photo from before and one from after.

And, of an exhibit, what all of them did together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from workbook.photo import Photo, take

if TYPE_CHECKING:
    from workbook.stage import Stage


@dataclass(frozen=True)
class Move:
    """The two photos of one move."""

    before: Photo
    after: Photo


_before: dict[Path, Photo | None] = {}
_last: dict[Path, Move] = {}
_start: dict[Path, Photo] = {}  # of the exhibits


def before(stage: Stage) -> None:
    """Look at the database just before a command that may move it. Never raises."""
    _before[stage.root] = _try(stage)


def after(stage: Stage) -> None:
    """Look again, and remember both when the command changed anything, be it only half of a step.

    Never raises: what cannot be read has not moved as far as anybody can tell.
    """
    then, now = _before.pop(stage.root, None), _try(stage)
    if then is not None and now is not None and then != now:
        _last[stage.root] = Move(then, now)


def begin(stage: Stage, before: Photo) -> None:
    """Remember what an exhibit's database was before it went wrong; that was its first move."""
    now = photo_of(stage)
    _start[stage.root] = before
    _last.pop(stage.root, None)
    if now != before:
        _last[stage.root] = Move(before, now)


def copied(source: Stage, copy: Stage) -> None:
    """A copy has not moved yet; one of an exhibit shares its beginning."""
    _last.pop(copy.root, None)
    _start.pop(copy.root, None)
    if source.root in _start:
        _start[copy.root] = _start[source.root]


def since_start(stage: Stage) -> Move | None:
    """From before an exhibit, or the one this is a copy of, went wrong until now; else None."""
    before = _start.get(stage.root)
    return None if before is None else Move(before, photo_of(stage))


def _try(stage: Stage) -> Photo | None:
    from workbook.stage import Problem

    try:
        return photo_of(stage)
    except (SQLAlchemyError, Problem):  # or there is no server to ask
        return None


def last(stage: Stage) -> Move | None:
    """The last move of this project's database, or None when there was none yet."""
    return _last.get(stage.root)


def photo_of(stage: Stage, *, bookkeeping: bool = False) -> Photo:
    """A photo of the stage's database; an empty one while there is no file. Never makes the file."""
    if not stage.has_database():
        return Photo()
    return take(stage.engine(), bookkeeping=bookkeeping)
