"""How long the student's code may take: so many seconds for each step of a history, not for all of it.

A slow machine takes its time for thirty revisions; one that does not come to its end is an endless loop.
"""

from __future__ import annotations

import faulthandler
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

AT_MOST = 6  # times as long for everything together

_begin: Callable[[], None] | None = None


@contextmanager
def of(seconds: float, trace: TextIO) -> Iterator[None]:
    """End this process when a step takes longer than SECONDS; TRACE then says where it was."""
    global _begin

    def begin() -> None:
        faulthandler.dump_traceback_later(seconds, exit=True, file=trace)

    _begin = begin
    begin()
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        _begin = None


def next_step() -> None:
    """From here the time counts anew. Nothing where there is no limit."""
    if _begin:
        _begin()
