"""Tables of figures, as text."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from statistics import median

__all__ = ["circumstances", "median", "milliseconds", "ratio", "table"]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns under their headings; all but the first two, which are words, stand to the right."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def milliseconds(seconds: float) -> str:
    """A time with as many digits as mean something."""
    return f"{seconds * 1000:,.{2 if abs(seconds) < 0.01 else 1 if abs(seconds) < 0.1 else 0}f}"


def ratio(ours: float, other: float) -> str:
    return f"{ours / other:.2f}"


def circumstances() -> str:
    """What the figures depend on."""
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {sys.platform}, "
        f"{os.cpu_count()} processors; milliseconds, medians"
    )
