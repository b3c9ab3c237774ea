"""What an error message of Alembic, SQLAlchemy or the database means: its cause, the repair, and the lesson.

They are written down in explanations.toml, in the order in which they are tried.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "explanations.toml"
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # of a terminal, which come along where it is copied from


@dataclass(frozen=True)
class Explanation:
    """One message: what it looks like, why it comes, what to do, and the lesson that shows it."""

    pattern: str
    cause: str
    repair: str
    lesson: str


@cache
def explanations() -> tuple[Explanation, ...]:
    """All of them, gaps unfilled."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["message"]
    return tuple(
        Explanation(
            one["pattern"], " ".join(one["cause"].split()), " ".join(one["repair"].split()), one["lesson"]
        )
        for one in found
    )


def explain(text: str) -> Explanation | None:
    """The explanation of the pasted TEXT, its gaps filled from it; None when no pattern is in it."""
    plain = COLOURS.sub("", text)
    for one in explanations():
        found = re.search(one.pattern, plain)
        if found:
            parts = [part or "" for part in found.groups()]
            return replace(one, cause=one.cause.format(*parts), repair=one.repair.format(*parts))
    return None
