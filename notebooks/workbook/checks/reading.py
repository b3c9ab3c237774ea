"""Which revision files can be read at all, seen without running them.

One file that Python cannot read, or that stands on a revision that is not there, and Alembic runs nothing any
more. What was right before it is still right; so a check sets such files aside, and what stands on them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbook.checks.verdict import NotYet

ILLEGAL = "@-+:"
ID = "`alembic revision` writes one: any text that no other file has will do."
BEFORE = "It names the revision before this one, as it stands in that file; in the first file it is None."


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


def faults(root: Path) -> Iterator[tuple[NotYet, list[Path]]]:
    """What the files say of themselves and cannot be so, in words, each with the files to set aside for it.

    Only what is sure: an id that is no text, one that two files have, a file that stands on itself. Files
    that Python cannot read are left to Python.
    """
    versions = root / "migrations" / "versions"
    paths = [path for path in sorted(versions.glob("*.py")) if not path.name.startswith(("__init__", ".#"))]
    wrong = set()
    for path in paths:
        problem = _of_its_own_lines(path)
        if problem:
            problem.where = path.relative_to(root).as_posix() + problem.where
            wrong.add(path)
            yield problem, [path]
    found = [one for path in paths if path not in wrong and (one := read(path))]
    yield from _twice(root, found)
    yield from _in_a_circle(root, {one.revision: one for one in sorted(found, key=_as_made, reverse=True)})


def _of_its_own_lines(path: Path) -> NotYet | None:
    """What is wrong with the id or the parents of a file, by itself; `where` is only the line."""
    tree = _tree(path)
    if tree is None:
        return None
    values = {name: value for node in tree.body for name, value in _assigned(node)}
    for name, otherwise in (("revision", ID), ("down_revision", BEFORE)):
        if name not in values:
            if _may_have(tree, name) or (name == "revision" and re.fullmatch(r"[0-9a-f]+\.py", path.name)):
                continue
            return NotYet(f"This file says no `{name}`.", why=otherwise)
        problem = _of_a_value(name, values[name], otherwise)
        if problem:
            problem.where = f", line {values[name].lineno}"
            return problem
    return None


def _of_a_value(name: str, written: ast.expr, otherwise: str) -> NotYet | None:
    try:
        value = ast.literal_eval(written)
    except ValueError:
        return None  # it is computed
    many = name == "down_revision"
    if many and value is None:
        return None
    for part in value if many and isinstance(value, tuple | list | set) else (value,):
        if isinstance(part, int) and not isinstance(part, bool):
            return NotYet(
                f"`{name}` is the number {part}; an id is a text.", why=f'Write it in quotes: "{part}".'
            )
        if not isinstance(part, str) or not part:
            return NotYet(f"`{name}` is {part!r}; an id is a text that is not empty.", why=otherwise)
        illegal = [letter for letter in part if letter in ILLEGAL]
        if illegal and not many:
            return NotYet(
                f"The id {part} has a `{illegal[0]}` in it, which Alembic does not allow.",
                why="In commands that letter has a meaning of its own. Letters, digits and `_` are free.",
            )
    return None


def _may_have(tree: ast.Module, name: str) -> bool:
    """Whether a module gets a name in some way that is no plain assignment."""
    return any(
        (isinstance(node, ast.alias) and (node.asname or node.name) in (name, "*"))
        or (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        for node in ast.walk(tree)
    )


def _twice(root: Path, found: list[Found]) -> Iterator[tuple[NotYet, list[Path]]]:
    for revision in sorted({one.revision for one in found}):
        first, *copies = sorted((one for one in found if one.revision == revision), key=_as_made)
        for copy in copies:
            yield (
                NotYet(
                    f"Two files have the same id, {revision}: {first.path.name} and {copy.path.name}.",
                    where=copy.path.relative_to(root).as_posix(),
                    why="If it is to be a revision, `revision` wants an id of its own, and `down_revision` "
                    "the id of the one before; otherwise delete it.",
                ),
                [copy.path],
            )


def _as_made(one: Found) -> tuple[bool, float, int, str]:
    """Of files with the same id, the one that was made with it comes first."""
    path = one.path
    return not path.name.startswith(one.revision), path.stat().st_mtime, len(path.name), path.name


def _in_a_circle(root: Path, found: dict[str, Found]) -> Iterator[tuple[NotYet, list[Path]]]:
    """The first circle, if there is one: a revision that stands, over others or directly, on itself."""
    for revision in sorted(found):
        way = _way_back(found, revision)
        if not way:
            continue
        if len(way) == 1:
            what = f"`down_revision` says {revision}, which is the id of this file itself."
            where, why = found[revision].path.relative_to(root).as_posix(), BEFORE
        else:
            on = [f"{one} on {other}" for one, other in zip(way, [*way[1:], revision], strict=True)]
            what, where = f"These revisions stand on each other in a circle: {', '.join(on)}.", ""
            files = ", ".join(found[one].path.name for one in way)
            why = f"One `down_revision` of them names a later revision: look into {files}."
        yield NotYet(what, where=where, why=why), [found[one].path for one in way]
        return


def _way_back(found: dict[str, Found], revision: str) -> list[str]:
    """The revisions from one over its parents to itself; empty when it does not come back."""
    ways = [[revision]]
    seen = set()
    while ways:
        way = ways.pop(0)
        for parent in found[way[-1]].parents:
            if parent == revision:
                return way
            if parent in found and parent not in seen:
                seen.add(parent)
                ways.append([*way, parent])
    return []


def _tree(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        return None


def read(path: Path) -> Found | None:
    """What a file says of itself; None when Python cannot read it, or it says no id."""
    tree = _tree(path)
    if tree is None:
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
        if isinstance(parents, tuple | list | set)
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
