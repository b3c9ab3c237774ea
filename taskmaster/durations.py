"""How long something takes, as people write it, and as taskmaster writes it."""

from __future__ import annotations

import re
from fractions import Fraction

from taskmaster.errors import BadInputError
from taskmaster.ids import HIGHEST

EXAMPLES = "45, 90m, 2h, 1h30, 1.5h"

_MINUTES = re.compile(r"(\d{1,10})\s?(?:m|min|minutes?)?", re.ASCII)
_HOURS = re.compile(r"(\d{1,8}(?:\.\d{1,4})?)\s?(?:h|hours?)", re.ASCII)
_BOTH = re.compile(r"(\d{1,8})\s?h\s?([0-5]?\d)\s?(?:m|min)?", re.ASCII)


def parse(text: str) -> int | None:
    """Read a number of minutes; None for "none", which means no estimate.

    A number alone is minutes. Raises BadInputError, with examples, for anything that is not clearly a whole
    number of minutes above zero.
    """
    words = " ".join(text.lower().split())
    if words == "none":
        return None
    minutes = _minutes(words)
    if minutes is None or minutes.denominator != 1 or not 0 < minutes <= HIGHEST:
        raise BadInputError(f"{text!r} is not a time in whole minutes. Write one like {EXAMPLES}, or none.")
    return int(minutes)


def _minutes(words: str) -> Fraction | None:
    if found := _MINUTES.fullmatch(words):
        return Fraction(found[1])
    if found := _HOURS.fullmatch(words):
        return Fraction(found[1]) * 60
    if found := _BOTH.fullmatch(words):
        return Fraction(found[1]) * 60 + Fraction(found[2])
    return None


def shown(minutes: int) -> str:
    """A number of minutes as it can be typed again: "45m", "2h", "1h05"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}m"
    return f"{hours}h{rest:02}" if rest else f"{hours}h"
