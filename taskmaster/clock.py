"""What time it is. TASKMASTER_NOW fixes it, for lessons and tests."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from taskmaster.errors import BadInputError

NOW_VARIABLE = "TASKMASTER_NOW"


def now() -> datetime:
    """Return this moment, aware and in UTC.

    TASKMASTER_NOW may say which: an ISO moment with its offset, like 2026-03-02T09:00:00+00:00.
    Raises BadInputError when it says anything else.
    """
    fixed = os.environ.get(NOW_VARIABLE)
    return _read(fixed).astimezone(UTC) if fixed else datetime.now(UTC)


def today() -> date:
    """Return the day it is for the person: in their own time zone, or in that of TASKMASTER_NOW."""
    fixed = os.environ.get(NOW_VARIABLE)
    return _read(fixed).date() if fixed else datetime.now().date()


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInputError(
            f"{NOW_VARIABLE} must be a moment with its offset, like 2026-03-02T09:00:00+00:00, not {text!r}."
        )
    return moment
