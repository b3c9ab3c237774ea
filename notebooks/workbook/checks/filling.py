"""Rows for a table of which nothing is known but its schema, and values for a column that is new.

A migration that works on an empty table proves little. So every table of a student's project gets rows as
soon as it is there: those that the lessons name, or three made up from the columns' types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from workbook.photo import BOOKKEEPING

Row = dict[str, Any]
Known = Mapping[str, list[Row]]  # the rows of a table, by the name that it has when it is made
FIRST_DAY = datetime(2025, 11, 3, 8, 0, tzinfo=UTC)
MADE_UP = 3


def fill(engine: Engine, before: Iterable[str], known: Known) -> None:
    """Put rows into each table that was not there BEFORE, and that has none."""
    with engine.begin() as connection:
        tables = _tables(connection)
        for table in tables.sorted_tables:
            if table.name not in set(before) and not _count(connection, table):
                for number in range(len(known.get(table.name, [])) or MADE_UP):
                    given = known[table.name][number] if table.name in known else {}
                    _insert(connection, table, number, given)


def touch(engine: Engine, before: Mapping[str, set[str]]) -> None:
    """Give each column that was not there BEFORE (by table) a value of its own in every row but the last.

    A column in which the migration put different values, a rename for instance, keeps them; so does one
    that refuses others (a CHECK, a UNIQUE).
    """
    with engine.begin() as connection:
        tables = _tables(connection)
        for table in tables.sorted_tables:
            new = [column for column in table.c if column.name not in before.get(table.name, {column.name})]
            key = list(table.primary_key)
            for column in new:
                if len(key) != 1 or column.primary_key or _differ(connection, column):
                    continue
                keys = list(connection.scalars(sa.select(key[0]).order_by(key[0])))
                for number, one in enumerate(keys[:-1] if column.nullable else keys):
                    change = (
                        sa.update(table)
                        .where(key[0] == one)
                        .values({column.name: _value(connection, column, number)})
                    )
                    _try(connection, change)


def _tables(connection: Connection) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(connection)
    for name in (BOOKKEEPING,):
        if name in found.tables:
            found.remove(found.tables[name])
    return found


def _count(connection: Connection, table: sa.Table) -> int:
    return int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def _differ(connection: Connection, column: sa.Column[Any]) -> bool:
    stored: Any = sa.literal_column(column.name).label(
        "stored"
    )  # as it is stored: it may be no value of its type
    query = sa.select(stored).select_from(column.table).distinct().limit(2)
    return len(connection.execute(query).all()) > 1


def _insert(connection: Connection, table: sa.Table, number: int, given: Row) -> None:
    values = {
        column.name: given.get(column.name, _value(connection, column, number))
        for column in table.c
        if column.name in given
        or not (column.primary_key and isinstance(column.type, sa.Integer) and not column.foreign_keys)
    }
    _try(connection, sa.insert(table).values(values))


def _try(connection: Connection, statement: Any) -> None:
    with connection.begin_nested() as attempt:
        try:
            connection.execute(statement)
        except sa.exc.DBAPIError:
            attempt.rollback()


def _value(connection: Connection, column: sa.Column[Any], number: int) -> Any:
    for key in column.foreign_keys:
        parents = list(connection.scalars(sa.select(key.column).order_by(key.column)))
        if parents:
            return parents[number % len(parents)]
        return None
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return number % 2 == 0
    if isinstance(kind, sa.Integer) and column.name.endswith("_id"):
        return number % MADE_UP + 1  # its key may come with the next revision, to a table with no more rows
    if isinstance(kind, sa.Integer):
        return number + 1
    if isinstance(kind, sa.Numeric | sa.Float):
        return number + 0.5
    if isinstance(kind, sa.DateTime):
        return (FIRST_DAY + timedelta(days=number, minutes=7)).replace(tzinfo=None)
    if isinstance(kind, sa.Date):
        return date(2025, 11, 3) + timedelta(days=number)
    if isinstance(kind, sa.LargeBinary):
        return f"{column.name} {number + 1}".encode()
    return f"{column.name} {number + 1}"
