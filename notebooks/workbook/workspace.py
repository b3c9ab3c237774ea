"""The student's own copies of the lessons. What a student wrote is never overwritten."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[1]
PROJECT = NOTEBOOKS.parent
VARIABLE = "TASKMASTER_WORKSPACE"
BESIDE = ("glossary.md",)  # what the lessons link to


def folder(given: Path | None) -> Path:
    """The workspace: what was GIVEN, the environment variable, or workspace/ in the project."""
    return given or Path(os.environ.get(VARIABLE) or PROJECT / "workspace")


def originals() -> list[Path]:
    """The notebooks of the repository: the lessons in order, then the appendices."""
    return [*_lessons(), *sorted(NOTEBOOKS.glob("appendix-*.ipynb"))]


def _lessons() -> list[Path]:
    return sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def titles() -> dict[str, str]:
    """The title of each lesson, by its number."""
    found = {}
    for path in _lessons():
        opening = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        found[path.name[:2]] = opening.splitlines()[0].removeprefix("# ")
    return found


def find(names: tuple[str, ...]) -> list[Path]:
    """The lessons that NAMES name, by number or by the beginning of the file's name; all when there are none.

    Raises LookupError with a sentence when a name names no lesson.
    """
    if not names:
        return originals()
    return [_one(name) for name in names]


def _one(name: str) -> Path:
    beginning = name.zfill(2) if name.isdigit() else Path(name).name
    found = [path for path in originals() if beginning and path.name.startswith(beginning)]
    if len(found) != 1:
        numbers = ", ".join(path.name[:2] for path in _lessons()) or "none yet"
        raise LookupError(f"{name or 'That'} is no lesson; there are {numbers}")
    return found[0]


def fill(workspace: Path) -> list[Path]:
    """Copy the lessons that the workspace lacks into it; returns the new copies."""
    workspace.mkdir(parents=True, exist_ok=True)
    for name in BESIDE:
        shutil.copyfile(NOTEBOOKS / name, workspace / name)
    return list(_missing(workspace))


def _missing(workspace: Path) -> Iterator[Path]:
    for original in originals():
        copy = workspace / original.name
        if not copy.exists():
            shutil.copyfile(original, copy)
            yield copy


def reset(original: Path, workspace: Path) -> tuple[Path, Path | None]:
    """Put a fresh copy of a lesson into the workspace.

    Returns the copy, and where the student's own was kept (None: there was none, or nothing in it differed).
    """
    workspace.mkdir(parents=True, exist_ok=True)
    copy = workspace / original.name
    kept = None
    if copy.exists() and copy.read_bytes() != original.read_bytes():
        kept = _free_name(copy)
        copy.rename(kept)
    shutil.copyfile(original, copy)
    return copy, kept


def _free_name(copy: Path) -> Path:
    number = 1
    while (name := copy.with_name(f"{copy.stem}-yours-{number}{copy.suffix}")).exists():
        number += 1
    return name


def trust(paths: list[Path]) -> None:
    """Sign notebooks for this user's Jupyter, so that it shows the pictures in them at once."""
    import nbformat.sign

    untyped: Any = nbformat
    notary = untyped.sign.NotebookNotary()
    for path in paths:
        notary.sign(untyped.read(path, as_version=4))
    notary.store.close()
