"""Which revision files can be read at all, seen without running them.

One file that Python cannot read, or that stands on a revision that is not there, and Alembic runs nothing any
more. What was right before it is still right; so a check sets such files aside, and what stands on them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbook.checks.verdict import NotYet


@dataclass(frozen=True)
class Found:
    """A revision file: its id and its parents, as they are written in it."""

    path: Path
    revision: str
    parents: tuple[str, ...]


def set_aside_the_unreadable(root: Path) -> list[Path]:
    """Rename the files that cannot run; returns them. The folder is that of a copy."""
    versions = root / "migrations" / "versions"
    paths = sorted(versions.glob("*.py"))
    readable = [found for path in paths if (found := read(path))]
    kept: dict[str, Found] = {}
    while more := [one for one in readable if one.revision not in kept and set(one.parents) <= kept.keys()]:
        kept[more[0].revision] = more[0]
    aside = [path for path in paths if path not in {one.path for one in kept.values()}]
    for path in aside:
        path.rename(path.with_suffix(".aside"))
    return aside


def missing_parent(root: Path) -> NotYet | None:
    """A file that stands on a revision that no file has, in words."""
    found = [one for path in sorted((root / "migrations" / "versions").glob("*.py")) if (one := read(path))]
    ids = {one.revision for one in found}
    for one in found:
        for parent in one.parents:
            if parent not in ids:
                return NotYet(
                    f"`down_revision` says {parent}, and no file has that id.",
                    where=one.path.relative_to(root).as_posix(),
                    why=_why_missing(parent, ids),
                )
    return None


def _why_missing(parent: str, ids: set[str]) -> str:
    if "," in parent and {part.strip() for part in parent.split(",")} <= ids:
        named = ", ".join(f'"{part.strip()}"' for part in parent.split(","))
        return f"This is one text. Two parents are two texts in brackets: down_revision = ({named})."
    if parent == "OLD":
        return "OLD stands for an id of yours: the revision at which you both began."
    return "Was a file deleted or renamed inside? There is: " + ", ".join(sorted(ids)) + "."


def read(path: Path) -> Found | None:
    """What a file says of itself; None when Python cannot read it, or it says no id."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        return None
    values: dict[str, object] = {}
    for node in tree.body:
        for name, value in _assigned(node):
            if name in ("revision", "down_revision"):
                try:
                    values[name] = ast.literal_eval(value)
                except ValueError:
                    return None
    revision, parents = values.get("revision"), values.get("down_revision")
    if not isinstance(revision, str):
        return None
    given = (
        (parents,)
        if isinstance(parents, str)
        else tuple(parents)
        if isinstance(parents, tuple | list)
        else ()
    )
    return Found(path, revision, tuple(map(str, given)))


def before(revision: str, parents: Mapping[str, Iterable[str]]) -> set[str]:
    """Every revision that stands below one; PARENTS of each, by its id."""
    found: set[str] = set()
    waiting = [revision]
    while waiting:
        new = set(parents.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def line_of_parent(path: Path) -> str:
    """The place where a file says what it stands on: `, line 7`; empty where it cannot be found."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    numbers = (number for number, line in enumerate(lines, 1) if line.startswith("down_revision"))
    return next((f", line {number}" for number in numbers), "")


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement gives a value, and the values: `a = 1`, `a: int = 1`, `a, b = 1, 2`."""
    if isinstance(node, ast.AnnAssign) and node.value:
        pairs: list[tuple[ast.expr, ast.expr]] = [(node.target, node.value)]
    elif isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    else:
        return
    for target, value in pairs:
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            names = (each.id if isinstance(each, ast.Name) else "" for each in target.elts)
            yield from zip(names, value.elts, strict=False)
