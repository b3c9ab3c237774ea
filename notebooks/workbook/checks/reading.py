"""Which revision files can be read at all, seen without running them.

One file that Python cannot read, or that stands on a revision that is not there, and Alembic runs nothing any
more. What was right before it is still right; so a check sets such files aside, and what stands on them.
"""

from __future__ import annotations

import ast
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
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return None
    values: dict[str, object] = {}
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id in ("revision", "down_revision") and node.value:  # type: ignore[union-attr]
                try:
                    values[target.id] = ast.literal_eval(node.value)  # type: ignore[union-attr, arg-type]
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
