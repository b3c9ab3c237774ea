"""Dates as people write them, and as taskmaster writes them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from taskmaster.errors import BadInputError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EXAMPLES = "2026-03-06, 6 march, today, fri, next friday, +3d, in 2 weeks, eow, eom"

_WEEKDAY = {name[:length]: number for number, name in enumerate(DAYS) for length in range(3, len(name) + 1)}
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_UNITS = {"d": "days", "day": "days", "days": "days", "w": "weeks", "week": "weeks", "weeks": "weeks",
          "m": "months", "month": "months", "months": "months",
          "y": "years", "year": "years", "years": "years"}  # fmt: skip
_AHEAD = re.compile(r"(?:\+|in )\s*(an?|\d{1,4})\s*([a-z]+)", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_DOTTED = re.compile(r"\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{4})?", re.ASCII)
_IN_WORDS = re.compile(
    r"(?:(?P<weekday>[a-z]{3,9}),? )?"
    r"(?:\d{1,2}(?:st|nd|rd|th|\.)?(?: of)? (?P<after>[a-z]{3,9})"
    r"|(?P<before>[a-z]{3,9}) \d{1,2}(?:st|nd|rd|th)?)"
    r"(?:,? (?P<year>\d{4}))?",
    re.ASCII,
)


def parse(text: str, today: date) -> date | None:
    """Read a date; None for "none", which means no date.

    A weekday is the next one after today; "next friday" is the one of next week, and weeks begin on
    Monday. A day without its year is the next such day. `eow`, `eom` and `eoy` are the last days of
    this week, month and year. Raises BadInputError, with examples, for anything that is not clearly a date.
    """
    words = " ".join(text.lower().split())
    if words == "none":
        return None
    try:
        found = _relative(words, today) or _absolute(words, today)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise BadInputError(f"{text!r} is not a date. Write one like {EXAMPLES}, or none.")
    return found


def shown(day: date) -> str:
    """A date with its weekday: "Fri 2026-03-06". The same in every language setting."""
    return f"{DAYS[day.weekday()][:3].capitalize()} {day.isoformat()}"


def _relative(words: str, today: date) -> date | None:
    this_monday = today - timedelta(days=today.weekday())
    fixed = {
        "today": lambda: today,
        "tomorrow": lambda: today + timedelta(days=1),
        "yesterday": lambda: today - timedelta(days=1),
        "next week": lambda: this_monday + timedelta(weeks=1),
        "next month": lambda: _plus_months(today.replace(day=1), 1),
        "eow": lambda: this_monday + timedelta(days=6),
        "eom": lambda: today.replace(day=monthrange(today.year, today.month)[1]),
        "eoy": lambda: today.replace(month=12, day=31),
    }
    if words in fixed:
        return fixed[words]()
    if words in _WEEKDAY:
        return today + timedelta(days=(_WEEKDAY[words] - today.weekday() - 1) % 7 + 1)
    if words.startswith("next ") and words[5:] in _WEEKDAY:
        return this_monday + timedelta(weeks=1, days=_WEEKDAY[words[5:]])
    if (ahead := _AHEAD.fullmatch(words)) and ahead[2] in _UNITS:
        return _plus(today, 1 if ahead[1].startswith("a") else int(ahead[1]), _UNITS[ahead[2]])
    return None


def _plus(day: date, count: int, unit: str) -> date:
    if unit in {"days", "weeks"}:
        return day + timedelta(**{unit: count})
    return _plus_months(day, count * (12 if unit == "years" else 1))


def _plus_months(day: date, count: int) -> date:
    """The same day COUNT months on, or the last day where that month is shorter."""
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _absolute(words: str, today: date) -> date | None:
    """Forms that say day and month clearly. 3/6/2026 does not: it is March here and June there."""
    if _ISO.fullmatch(words):
        year, month, day = map(int, words.split("-"))
        return date(year, month, day)
    if _DOTTED.fullmatch(words):
        return _read(words, today, has_year=words[-1] != ".")
    found = _IN_WORDS.fullmatch(words)
    if found is None or not _is_month(found["after"] or found["before"]):
        return None
    read = _read(words, today, has_year=found["year"] is not None)
    weekday = found["weekday"]
    if weekday and (read is None or _WEEKDAY.get(weekday) != read.weekday()):
        return None
    return read


def _is_month(word: str) -> bool:
    return word in _MONTHS or word == "sept" or word in {month[:3] for month in _MONTHS}


def _read(words: str, today: date, *, has_year: bool) -> date | None:
    """Let dateutil read a form that is known to be complete; without a year, take the next such day."""
    from dateutil import parser  # type: ignore[import-untyped]  # takes longer to import than everything above

    bare = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\b", "", words).replace(". ", ".")
    for year in [today.year] if has_year else range(today.year, today.year + 9):  # 29 February takes its time
        try:
            read: date = parser.parse(
                bare if has_year else f"{bare.rstrip('.')}{'.' if '.' in bare else ' '}{year}",
                dayfirst=True,
                default=datetime(year, 1, 1),
            ).date()
        except (parser.ParserError, OverflowError):
            continue
        if has_year or read >= today:
            return read
    return None
