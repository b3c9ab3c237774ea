"""What a workspace remembers of its student: hints seen, tasks given up, what was put aside, and how the blog
looked each time when a check found one more task correct.

It lies in the workspace, in the folder `.workbook`, and no answer relies on it: those always come from the
student's files and database.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = ".workbook"
FILE = "progress.json"
REMEMBERED = "steps"  # what the last check has run, beside it
MUSEUM = "museum"  # the folder of the student's own exhibits
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


@contextmanager
def changed(workspace: Path) -> Iterator[Progress]:
    """What the workspace remembers, to be changed; it is written when the body ends well."""
    found = read(workspace)
    yield found
    folder = workspace / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.new"
    text = json.dumps(asdict(found), indent=2, ensure_ascii=False, sort_keys=True)
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(folder / FILE)


def keep(workspace: Path, task: str, blog: Path) -> None:
    """Keep a copy of the BLOG as it is when TASK has just been found correct."""
    copy = workspace / FOLDER / task
    new = copy.with_name(f"{task}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(blog, new, ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.rmtree(copy, ignore_errors=True)
    new.rename(copy)


def kept(workspace: Path) -> dict[str, Path]:
    """The copies of the blog that `keep` made, by task, the newest task first."""
    found = sorted((workspace / FOLDER).glob("[0-9][0-9]*"), reverse=True)
    return {path.name: path for path in found if path.is_dir() and path.suffix != ".new"}
