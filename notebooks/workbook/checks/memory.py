"""What the last check of a project has run, so that the next one runs only what has changed since.

A step depends on its own file, on those before it, on the environment and on the modules that it can import;
a digest of all of that tells whether it must run again. A memory is a pickle, which is code for whoever reads
it: only the process that runs a student's own code reads one, and only from that student's own workspace.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.checks.trial import Step

KIT = Path(__file__).resolve().parents[1]


def digests(root: Path, files: Sequence[Path], known: Mapping[str, Any]) -> list[str]:
    """For each revision file of the project in ROOT, in the order in which they run, a digest."""
    found = hashlib.sha256(f"{_kit()} {sorted(known.items())}".encode())
    for path in sorted(_beside(root, names_models=any(b"models" in path.read_bytes() for path in files))):
        _add(found, path)
    made = []
    for path in files:
        _add(found, path)
        made.append(found.hexdigest())
    return made


def surroundings(root: Path) -> str:
    """A digest of what a project is before its first revision."""
    found = hashlib.sha256(_kit().encode())
    for path in sorted(_beside(root, names_models=False)):
        _add(found, path)
    return found.hexdigest()


def digest_of_all(root: Path) -> str:
    """A digest of every file of a project, and of what checks it."""
    found = hashlib.sha256(_kit().encode())
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        found.update(f"\n{path.relative_to(root).as_posix()} ".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _beside(root: Path, *, names_models: bool) -> Iterable[Path]:
    """What a revision can depend on besides the revisions before it."""
    yield from (path for name in ("alembic.ini", "pyproject.toml") if (path := root / name).is_file())
    yield from (path for path in (root / "migrations").rglob("*.py") if path.parent.name != "versions")
    yield from (path for path in root.glob("*.py") if names_models or path.name != "models.py")


def _add(found: Any, path: Path) -> None:
    found.update(f"\n{path.name} ".encode())
    found.update(path.read_bytes())


@cache
def _kit() -> str:
    """The workbook and the libraries that run a step; another one of them may run it differently."""
    found = hashlib.sha256(f"{sys.version} {version('alembic')} {version('sqlalchemy')}".encode())
    beside = [KIT / name for name in ("photo.py", "commands.py", "capstone.py")]
    for path in sorted([*(KIT / "checks").rglob("*.py"), *beside]):
        _add(found, path)
    return found.hexdigest()


def same(earlier: Sequence[Step], now: Sequence[str]) -> list[Step]:
    """The steps at the beginning of EARLIER that would run NOW as they ran then."""
    pairs = takewhile(lambda pair: pair[0].digest == pair[1], zip(earlier, now, strict=False))
    return [step for step, _ in pairs]


@dataclass
class Memory:
    """What a check leaves for the next one: its steps, and for each task found correct what that rests on."""

    steps: list[Step] = field(default_factory=list)
    correct: dict[str, tuple[str, ...]] = field(default_factory=dict)


def grounds(
    root: Path, task: Path, before: str, at: str, *, models: bool, more: Sequence[Path] = ()
) -> tuple[str, ...]:
    """What the answer to a TASK (its folder) rests on.

    Its check, the steps up to it, perhaps the MODELS, and MORE files that this task is about.
    """
    parts = [task / "check.py", *([root / "models.py"] if models else []), *more]
    contents = [path.read_bytes() if path.is_file() else b"" for path in parts]
    return (before, at, *(hashlib.sha256(content).hexdigest() for content in contents))


def write(path: Path, found: Memory) -> None:
    """Write a memory down: of its steps those that came to their end, with their databases."""
    whole = takewhile(lambda step: step.file is not None and step.tried_down, found.steps)
    steps = [(step, step.file.read_bytes()) for step in whole if step.file is not None]
    path.write_bytes(zlib.compress(pickle.dumps((steps, found.correct)), 1))


def read(path: Path, folder: Path) -> Memory:
    """The memory that `write` wrote, its databases in FOLDER; an empty one where nothing can be read."""
    try:
        steps, correct = pickle.loads(zlib.decompress(path.read_bytes()))
        folder.mkdir()
        for number, (step, database) in enumerate(steps):
            step.file = folder / f"{number:03}.db"
            step.file.write_bytes(database)
        return Memory([step for step, _ in steps], correct)
    except Exception:  # whatever is wrong with it, a full check is right
        return Memory()
