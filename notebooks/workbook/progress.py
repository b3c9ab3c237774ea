"""What a workspace remembers of its student: hints seen, tasks given up, what was put aside, and how the blog
looked each time when a check found one more task correct.

It lies in the workspace, in the folder `.workbook`, and no answer relies on it: those always come from the
student's files and database.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = ".workbook"
FILE = "progress.json"
REMEMBERED = "steps"  # what the last check has run, beside it
LOCK = "lock"  # an empty database, which whoever writes here has for itself
PATIENCE = 10.0  # seconds
MUSEUM = "museum"  # the folder of the student's own exhibits
CAPSTONE = "capstone"  # the folder of the last lesson's project
# What a check and a copy of the blog leave out: it is made anew, or is none of the project.
LEFT_OUT = ("__pycache__", ".git", ".venv", "venv", "node_modules", ".ipynb_checkpoints", "backups")


@dataclass
class PutAside:
    """A blog that a `goto`, `reset` or `doctor` has put aside, under another name."""

    why: str
    kept: str | None  # None: there was none before


@dataclass
class Progress:
    """All of it. `hints` counts those seen, by task; `given_up`: tasks whose solution was opened unsolved."""

    hints: dict[str, int] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    put_aside: list[PutAside] = field(default_factory=list)


def read(workspace: Path) -> Progress:
    """What the workspace remembers; nothing yet where there is no file, or one that nobody can read."""
    try:
        found = json.loads((workspace / FOLDER / FILE).read_text(encoding="utf-8"))
        found["put_aside"] = [PutAside(**one) for one in found.get("put_aside", [])]
        return Progress(**found)
    except (OSError, ValueError, TypeError, AttributeError):
        return Progress()


class BusyError(Exception):
    """Somebody else writes into the workspace, and does not come to an end."""


@contextmanager
def alone(workspace: Path) -> Iterator[None]:
    """Nobody else is in here for this workspace: two commands at once go one after the other.

    SQLite keeps the lock, because every system gives that back when a program is killed. Raises BusyError
    after ten seconds. Where no lock can be had at all, there is none.
    """
    path = workspace / FOLDER / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as until:
        try:
            lock = until.enter_context(closing(sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)))
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if "locked" in str(error):
                raise BusyError(
                    f"Another workbook command is at work in {workspace}, and does not come to an end."
                ) from error
        yield


@contextmanager
def changed(workspace: Path) -> Iterator[Progress]:
    """What the workspace remembers, to be changed; it is written when the body ends well."""
    with alone(workspace):
        found = read(workspace)
        yield found
        write(workspace, found)


def write(workspace: Path, found: Progress) -> None:
    """Let the workspace remember FOUND. Whoever calls this is alone there."""
    folder = workspace / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.new"
    text = json.dumps(asdict(found), indent=2, ensure_ascii=False, sort_keys=True)
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(folder / FILE)


def keep(workspace: Path, task: str, blog: Path) -> None:
    """Keep a copy of the BLOG as it is when TASK has just been found correct."""
    copy = workspace / FOLDER / task
    copy.parent.mkdir(parents=True, exist_ok=True)
    # A name that no other check at the same time has; a copy that is cut short never has the right name.
    with tempfile.TemporaryDirectory(
        prefix=f"{task}-", suffix=".new", dir=copy.parent, ignore_cleanup_errors=True
    ) as area:
        shutil.copytree(blog, Path(area) / "new", ignore=shutil.ignore_patterns(*LEFT_OUT))
        with alone(workspace):
            with suppress(FileNotFoundError):
                copy.rename(Path(area) / "old")
            (Path(area) / "new").rename(copy)


def kept(workspace: Path) -> dict[str, Path]:
    """The copies of the blog that `keep` made, by task, the newest task first."""
    found = sorted((workspace / FOLDER).glob("[0-9][0-9]*"), reverse=True)
    return {path.name: path for path in found if path.is_dir() and path.suffix != ".new"}
