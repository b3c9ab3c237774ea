"""Task ids as people write them: `3`, `1 4 7`, `3-5`, `1,4-7`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from taskmaster.errors import BadInputError

HIGHEST = 2**31 - 1  # what the databases can hold; no task has a higher one
_SPAN = re.compile(r"#?(\d+)(?:-#?(\d+))?", re.ASCII)


@dataclass(frozen=True)
class Span:
    """All tasks from FIRST to LAST. Of a span of several, those that are not there do not matter."""

    first: int
    last: int

    @property
    def is_one(self) -> bool:
        return self.first == self.last


def parse(text: str) -> list[Span]:
    """Read `3`, `3-5`, `1,4-7`; raises BadInputError for anything else."""
    return [_span(part) for part in text.split(",")]


def looks_like(text: str) -> bool:
    """Whether TEXT is written as task ids are."""
    try:
        return bool(parse(text))
    except BadInputError:
        return False


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text.strip())
    if not found or len(text) > 40:
        raise BadInputError(f"{text!r} is not a task's id. Ids look like 3, 3-5 or 1,4-7.")
    first = int(found[1])
    last = int(found[2] or first)
    if first > last:
        raise BadInputError(f"{text!r} runs backwards: write {last}-{first}.")
    return Span(first, last)


def compress(ids: Iterable[int]) -> str:
    """Write ids so that they can be typed again: [1, 3, 4, 5] is "1 3-5"."""
    spans: list[list[int]] = []
    for id_ in sorted(ids):
        if spans and id_ == spans[-1][1] + 1:
            spans[-1][1] = id_
        else:
            spans.append([id_, id_])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
