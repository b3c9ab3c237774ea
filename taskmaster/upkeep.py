"""Looking after the database itself: make, upgrade, back up, restore. Alembic is imported only to migrate."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from taskmaster import clock
from taskmaster.database import (
    PROJECT,
    WAIT,
    connect,
    explained,
    meet,
    opened,
    schema_in,
    sentence,
    shown,
    sqlite_file,
    where,
)
from taskmaster.errors import (
    BadInputError,
    ForeignDatabaseError,
    NoDatabaseError,
    TaskmasterError,
    UnfitDatabaseError,
)
from taskmaster.mapping import schema
from taskmaster.schema import BASE, BY_ID, HEADS, REVISIONS, Revision, Schema

BACKUPS = PROJECT / "backups"
ON_A_SERVER = "The database is on a server: its own tools back it up and restore it (pg_dump, pg_restore)."


@dataclass(frozen=True)
class Status:
    """Where the database is; `revision` is "base" before the first migration, None where there is none."""

    database: str
    exists: bool
    revision: str | None
    newest: str
    waiting: list[Revision]
    tasks: int | None


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did: the revisions it applied, each with what it said, and the backup from before."""

    revision: str
    applied: list[Applied]
    backup: Path | None


@dataclass(frozen=True)
class Restored:
    """What a restore did: where the database is now, and what was there before, if anything was."""

    revision: str
    before: Path | None
    was_damaged: bool = False


@dataclass(frozen=True)
class Applied:
    """One revision that ran, and the lines it logged."""

    id: str
    title: str
    notes: list[str] = field(default_factory=list)


# ---------------------------------------------------------------------------------- where it stands


def status(url: str) -> Status:
    """Where the database is, what waits for it, and how many tasks it holds. Changes nothing."""
    newest = Schema(HEADS).position
    try:
        here, tasks = _look(url)
    except NoDatabaseError:
        return Status(where(url), False, None, newest, list(REVISIONS), None)
    return Status(where(url), True, here.position, newest, here.waiting, tasks)


def _look(url: str) -> tuple[Schema, int | None]:
    from sqlalchemy import func, select

    from taskmaster.mapping import models

    with opened(url) as session:
        here = schema(session)
        tasks = session.scalar(select(func.count(models(session).task.id))) if here.heads else None
        return here, tasks


# --------------------------------------------------------------------------------------- migrating


def make(url: str) -> bool:
    """Make the database where a SQLite URL names a file that is not there, by migrating a new one to head.

    Returns whether it did. The file appears under its name when it is complete, and never in the place
    of one that another command made meanwhile: then that one is used.
    """
    path = sqlite_file(url)
    try:
        meet(url)
        return False
    except NoDatabaseError:
        assert path is not None
    if not os.access(path.absolute().parent, os.W_OK):
        raise TaskmasterError(f"Cannot make {shown(path)}: nothing may be written into its folder.")
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        _migrate(f"sqlite:///{quote(str(part))}", "heads", place=shown(path))
        return _publish(part, path)
    finally:
        part.unlink(missing_ok=True)


def _publish(part: Path, path: Path) -> bool:
    """Give PART its name, unless something has that name."""
    try:
        if os.name == "nt":
            part.rename(path)  # refuses there to replace
        else:
            path.hardlink_to(part)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        part.rename(path)
    return True


def upgrade(url: str, revision: str = "head", *, without_backup: Callable[[], None]) -> Upgraded:
    """Bring the database up to REVISION (an id or its beginning, +1, head); a SQLite file is backed up first.

    WITHOUT_BACKUP is called before a database on a server is changed, for no backup is made of that one.
    Returns what ran: nothing, and no backup, where it is there already. Raises BadInputError for a
    revision that does not exist, TaskmasterError for one that is below, or a migration that fails; the
    database is then as it was.
    """
    try:
        here, _ = _look(url)
    except NoDatabaseError:
        here = BASE
    target = _target(revision, here)
    if target is None:
        return Upgraded(here.position, [], None)
    if sqlite_file(url) is None:
        without_backup()
    backed_up = backup(url) if sqlite_file(url) and here != BASE else None
    applied = _migrate(url, target)
    now, _ = _look(url)
    return Upgraded(now.position, applied, backed_up)


def _target(revision: str, here: Schema) -> str | None:
    """What to tell Alembic; None where there is nothing to do."""
    if revision in {"head", "heads"}:
        return "heads" if here.waiting else None
    if revision.startswith("+") and revision[1:].isascii() and revision[1:].isdigit():
        return _ahead(here, int(revision[1:])) if here.waiting else None
    matches = [id_ for id_ in BY_ID if revision and id_.startswith(revision)]
    if len(matches) != 1:
        what = "could be " + " or ".join(matches) if matches else "is not a revision"
        raise BadInputError(
            f"{revision!r} {what}. There are {REVISIONS[0].id} to {REVISIONS[-1].id}, and head."
        )
    if matches[0] in here.heads:
        return None
    if matches[0] in here.applied:
        raise TaskmasterError(
            f"Revision {matches[0]} is below {here.position}, where this database is. Going down loses data; "
            f"Alembic does it: alembic downgrade {matches[0]}"
        )
    return matches[0]


def _ahead(here: Schema, steps: int) -> str | None:
    """The revision so many STEPS on. Raises BadInputError where the way forks, or is not that long."""
    reached = set(here.heads)
    for step in range(steps):
        next_ = [
            revision.id
            for revision in REVISIONS
            if (reached & set(revision.parents) if reached else not revision.parents)
        ]
        if not next_:
            only = f"only {step} step{'s' if step != 1 else ''}"
            raise BadInputError(f"From {here.position} it is {only} to the newest, {REVISIONS[-1].id}.")
        if len(next_) > 1:
            at, ways = " and ".join(sorted(reached)), " and ".join(next_)
            raise BadInputError(f"From {at} there are two ways on, {ways}. Name one of them, or head.")
        reached = set(next_)
    return reached.pop() if steps else None


def _migrate(url: str, revision: str, *, place: str | None = None) -> list[Applied]:
    """Run Alembic in this process. Raises TaskmasterError with its sentence when it fails."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(PROJECT / "alembic.ini")
    config.attributes["url"] = url
    config.attributes["configure_logger"] = False
    with _listening() as applied, explained(place or where(url)):
        try:
            command.upgrade(config, revision)
        except CommandError as error:
            raise TaskmasterError(f"The migration failed and the database is as it was: {error}") from error
    return applied


@contextmanager
def _listening() -> Iterator[list[Applied]]:
    """Collect what Alembic and the revisions log, instead of printing it."""
    applied: list[Applied] = []
    logger = logging.getLogger("alembic.runtime.migration")
    handler = _Listener(applied)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield applied
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


class _Listener(logging.Handler):
    """Alembic's own lines say which revision begins; all others are what that revision has to say."""

    def __init__(self, applied: list[Applied]) -> None:
        super().__init__()
        self.applied = applied

    def emit(self, record: logging.LogRecord) -> None:
        if record.module != "migration":
            if self.applied:
                self.applied[-1].notes.append(record.getMessage())
        elif " -> " in record.getMessage():
            id_ = record.getMessage().partition(" -> ")[2].partition(",")[0]
            self.applied.append(Applied(id_, BY_ID[id_].title))


# ----------------------------------------------------------------------------------------- backups


def backup(url: str, to: Path | None = None) -> Path:
    """Copy a SQLite database, also while others write to it, with SQLite's own backup.

    TO must not exist; without it the copy goes into `backups` beside the database, under a name that
    says its revision and the time. It appears under its name only when it is complete.
    Raises TaskmasterError for a database on a server, one that is somebody else's or damaged, and whatever
    else prevents it.
    """
    path = _file(url)
    meet(url)
    with explained(shown(path)), closing(connect(path)) as source:
        _refuse_to_back_up(source, path)
        to = to or new_file(url, f"{path.stem}-{_position(source)}", path.suffix or ".db")
        if to.exists():
            raise TaskmasterError(f"{shown(to)} exists already. Name a file that does not.")
        part = to.with_name(f"{to.name}.part-{os.getpid()}")
        try:
            with explained_files(to), closing(sqlite3.connect(part)) as copy:
                _copy(source, copy)
            shutil.copymode(path, part)
            part.rename(to)
        finally:
            part.unlink(missing_ok=True)
    return to


def restore(url: str, source: Path) -> Restored:
    """Put a backup in the database's place; what is there now is backed up first.

    What cannot be read any more is moved aside as it is. Raises TaskmasterError, and changes nothing,
    unless SOURCE is an undamaged database of taskmaster's.
    """
    path = _file(url)
    if not source.is_file():
        raise TaskmasterError(f"There is no file {shown(source)}.")
    if path.exists() and path.samefile(source):
        raise TaskmasterError(f"{shown(source)} is the database itself.")
    with explained(shown(source)), closing(connect(source)) as backup_:
        restored = _checked(backup_, source)
        damaged = _is_damaged(path)
        before = _move_aside(url, path) if damaged else _back_up_what_is_there(url, path)
        with explained(shown(path)), closing(sqlite3.connect(path, timeout=WAIT)) as database:
            _copy(backup_, database)
    return Restored(restored.position, before, damaged)


def new_file(url: str, stem: str, suffix: str) -> Path:
    """A name that is not taken yet, in the folder `backups`, which is made where it is missing.

    It is beside the database, or beside alembic.ini where the database is on a server.
    """
    path = sqlite_file(url)
    folder = path.parent / "backups" if path else BACKUPS
    with explained_files(folder):
        folder.mkdir(exist_ok=True)
    stamp = f"{clock.now():%Y%m%d-%H%M%S}"
    names = (folder / f"{stem}-{stamp}{f'-{n}' if n > 1 else ''}{suffix}" for n in range(1, 10_000))
    return next(name for name in names if not name.exists())


@contextmanager
def explained_files(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into one sentence."""
    try:
        yield
    except OSError as error:
        raise TaskmasterError(f"Cannot write {shown(path)}: {error.strerror or error}.") from error
    except sqlite3.OperationalError as error:
        raise TaskmasterError(f"Cannot write {shown(path)}: {error}.") from error


def _file(url: str) -> Path:
    path = sqlite_file(url)
    if path is None:
        raise TaskmasterError(ON_A_SERVER)
    return path


def _refuse_to_back_up(connection: sqlite3.Connection, path: Path) -> None:
    """Raise TaskmasterError where a copy would be no backup. One of a newer taskmaster's database is."""
    try:
        schema_in(connection)
    except ForeignDatabaseError as error:
        raise ForeignDatabaseError(f"{shown(path)} {error} Nothing was changed.") from None
    except UnfitDatabaseError:
        pass
    [said] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise TaskmasterError(
            f"{shown(path)} is damaged ({' '.join(said.split())}). "
            "Go back to a backup: taskmaster db restore FILE"
        )


def _position(connection: sqlite3.Connection) -> str:
    try:
        return schema_in(connection).position.replace(" and ", "+")
    except UnfitDatabaseError:
        return "unknown"


def _checked(connection: sqlite3.Connection, source: Path) -> Schema:
    """The schema of a backup that is whole and ours; raises TaskmasterError for any other."""
    try:
        found = schema_in(connection)
    except UnfitDatabaseError as error:
        raise TaskmasterError(f"{shown(source)} {error} Nothing was changed.") from None
    if found == BASE:
        raise TaskmasterError(
            f"{shown(source)} holds no tasks: it is an empty database. Nothing was changed."
        )
    [said] = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise TaskmasterError(f"{shown(source)} is damaged ({said}). Nothing was changed.")
    return found


def _is_damaged(path: Path) -> bool:
    """Whether there is something that SQLite cannot read. Raises UnfitDatabaseError where it is not ours."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    try:
        with closing(connect(path)) as connection:
            schema_in(connection)
            [said] = connection.execute("PRAGMA quick_check(1)").fetchone()
            return bool(said != "ok")
    except UnfitDatabaseError as error:
        raise UnfitDatabaseError(f"{shown(path)} {error} Nothing was changed.") from None
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            return True
        raise TaskmasterError(sentence(error, shown(path))) from error


def _back_up_what_is_there(url: str, path: Path) -> Path | None:
    try:
        return backup(url) if path.is_dir() or path.stat().st_size else None
    except FileNotFoundError:
        return None


def _move_aside(url: str, path: Path) -> Path:
    """Move a damaged database away with all that belongs to it."""
    aside = new_file(url, f"{path.stem}-damaged", path.suffix or ".db")
    with explained_files(aside):
        for ending in ("-journal", "-wal", "-shm", ""):
            if (part := path.with_name(path.name + ending)).exists():
                part.rename(aside.with_name(aside.name + ending))
    return aside


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """SQLite's online backup, which gives up when it is kept waiting for longer than WAIT seconds."""
    deadline = time.monotonic() + WAIT

    def is_moving(status: int, _remaining: int, _total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > deadline:
            raise TaskmasterError("The database is locked by another program; try again in a moment.")

    source.backup(target, pages=-1, progress=is_moving, sleep=0.1)
