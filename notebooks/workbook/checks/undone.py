"""Whether what stood in a database before a step stands there again after its downgrade, value for value.

Free is only what the upgrade itself gave up: rows that it deletes, values that it changes, and the columns
and tables that it drops without a copy of them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbook.checks.verdict import NotYet
from workbook.photo import Photo, Rows

MOST_LETTERS = 40  # of a value that is shown


@dataclass(frozen=True)
class _Place:
    """Where the values of a column stand once the upgrade is done."""

    table: str
    column: str


def not_as_before(before: Photo, after: Photo, ready: Photo, down: Photo) -> NotYet | None:
    """The first thing that a downgrade has lost or changed without need.

    READY is what the downgrade met: AFTER, what the upgrade left, perhaps with more rows and values in what
    is new. Tables without a primary key are not compared: nothing says which row is which.
    """
    for table, was in before.rows.items():
        if table not in down.rows or not before.tables[table].primary_key:
            continue
        for column, place in _places(before, after, table):
            met, now = ready.rows[place.table], down.rows[table]
            there, left = set(met.keys), set(now.keys)
            gone = [key for key in was.keys if key in there and key not in left]
            if gone:
                return _rows_gone(table, len(gone), len(was), place)
            if column in now.values:
                problem = _values_changed(table, column, place, was, after, met, now)
                if problem:
                    return problem
    return None


def _places(before: Photo, after: Photo, table: str) -> Iterator[tuple[str, _Place]]:
    """For each column of a table, where the upgrade has put it; not those that it has dropped."""
    home = table if table in after.tables else _renamed(before, after, table)
    if home is None or not after.tables[home].primary_key:
        return
    was, now = before.rows[table], after.rows[home]
    new = [column for column in now.values if column not in was.values]
    for column in was.values:
        if column in now.values:
            yield column, _Place(home, column)
        else:
            for other in new:
                if _same(was, column, now, other):
                    yield column, _Place(home, other)
                    break


def _renamed(before: Photo, after: Photo, table: str) -> str | None:
    """The new table that has the rows of one that is gone; None when there is none."""
    was, key = before.rows[table], before.tables[table].primary_key
    for name, now in after.rows.items():
        if name not in before.tables and any(
            _same(was, column, now, other)
            for column in was.values
            if column not in key
            for other in now.values
        ):
            return name
    return None


def _same(was: Rows, column: str, now: Rows, other: str) -> bool:
    """Whether every row has the same value in both, and that by no accident: the values differ by row."""
    old, new = _by_key(was, column), _by_key(now, other)
    both = old.keys() & new.keys()
    return len({old[key] for key in both} - {None}) > 1 and all(old[key] == new[key] for key in both)


def _by_key(rows: Rows, column: str) -> dict[Any, Any]:
    return dict(zip(rows.keys, rows.values[column], strict=bool(rows.keys)))


def _values_changed(
    table: str, column: str, place: _Place, was: Rows, after: Photo, met: Rows, now: Rows
) -> NotYet | None:
    """A row may have the value of before, or the one that the downgrade met.

    And any, where the upgrade made it, in this row or another: then the downgrade cannot know what it was.
    """
    old, new = _by_key(was, column), _by_key(now, column)
    made, found = _by_key(after.rows[place.table], place.column), _by_key(met, place.column)
    unknown = {made[key] for key in old.keys() & made.keys() if made[key] != old[key]}
    everywhere = made.keys() & found.keys() & new.keys()
    changed = [
        key
        for key in old
        if key in everywhere
        if made[key] == old[key] and made[key] not in unknown and new[key] not in (old[key], found[key])
    ]
    if not changed:
        return None
    many, first = f"{len(changed)} of {len(old)} values of `{table}.{column}`", changed[0]
    if place.column == column:
        return NotYet(
            f"The downgrade changes {many}: {_shown(old[first])} becomes {_shown(new[first])}.",
            why="The upgrade has left these values alone. Whoever goes down wants them as they are.",
        )
    return NotYet(
        f"The downgrade loses {many}, which stood in `{place.table}.{place.column}`.",
        why="A rename back keeps the values; to drop a column and to add another does not.",
    )


def _rows_gone(table: str, gone: int, count: int, place: _Place) -> NotYet:
    if place.table == table:
        return NotYet(f"The downgrade takes away {gone} of {count} rows of `{table}`, and puts in others.")
    return NotYet(
        f"The downgrade loses {gone} of {count} rows of `{table}`, which stood in `{place.table}`.",
        why="A rename back keeps the rows; to drop a table and to create another does not.",
    )


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    return repr(textwrap.shorten(value, MOST_LETTERS, placeholder=" …") if isinstance(value, str) else value)
