"""How SQLite goes about a query: EXPLAIN QUERY PLAN, with what each line of it means.

The words are the same for all versions of SQLite, which write a few of them differently.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from workbook.html import Card, Cell, Row, card, code, note, table, text_table
from workbook.sends import readable

STRIDE = 10
WRITING = {"Insert", "Delete", "IdxInsert", "IdxDelete"}
GAP = '<div style="height:8px"></div>'
HEADINGS = ("SQLite's plan", "what it means")
MEANINGS = (
    (r"SCAN (\S+)$", "goes through every row of {0}"),
    (r"SCAN (\S+) USING COVERING INDEX (\S+)$", "goes along the index {1}, never to the table"),
    (r"SCAN (\S+) USING INDEX (\S+)$", "goes along the index {1}, in its order"),
    (r"SEARCH (\S+) USING INTEGER PRIMARY KEY \(rowid=\?\)$", "finds the row of {0} by its primary key"),
    (r"SEARCH (\S+) USING INTEGER PRIMARY KEY", "finds rows of {0} by their primary key"),
    (r"SEARCH (\S+) USING COVERING INDEX (\S+)", "finds them in the index {1}, never in the table"),
    (r"SEARCH (\S+) USING (?:COVERING )?INDEX (\S+)", "finds rows of {0} by the index {1}"),
    (r"USE TEMP B-TREE FOR ORDER BY$", "keeps what it found in a table of its own, and sorts it"),
    (r"USE TEMP B-TREE FOR LAST TERMS OF ORDER BY$", "sorts what is equal in the order of the index"),
    (r"USE TEMP B-TREE FOR (DISTINCT|GROUP BY)$", "keeps a table of its own to find what is equal"),
)


def show(database: Path, sql: str, title: str) -> Card:
    """The plan of one query, and how much work it is when it is run. Only reads.

    What writes (INSERT, UPDATE, DELETE) is not run; there the last line says what it would write to.
    Raises sqlite3.Error for what SQLite cannot read, ValueError for any other statement.
    """
    sql = sql.strip().rstrip(";")
    if not re.match(r"(SELECT|WITH|VALUES|INSERT|UPDATE|DELETE)\b", sql, re.IGNORECASE):
        raise ValueError("SELECT, INSERT, UPDATE and DELETE can be explained here")
    # A connection of its own: one that has been open for longer may plan for yesterday's schema
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        plan = [steady(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        rows: list[Row] = [[Cell(line, code=True), meaning(line)] for line in plan]
        written = _written(connection, sql)
        work = f"It writes to {' and to '.join(written)}." if written else _work(connection, sql, plan)
    shown = readable(_in_clauses(sql))
    steps = (GAP, table(HEADINGS, rows)) if rows else ()
    parts = [title, shown, *([text_table(HEADINGS, rows)] if rows else []), work]
    return Card(card(title, code(shown, "sql"), *steps, note(work)), "\n\n".join(parts))


def _in_clauses(sql: str) -> str:
    """A query of SQLAlchemy's with each clause on its line, and without its long list of columns."""
    if "\nFROM" not in sql:
        return sql
    sql = re.sub(r"^SELECT (\S+ AS \w+), .* AS \w+ *\nFROM", r"SELECT \1, …\nFROM", sql, flags=re.DOTALL)
    return re.sub(r"\s+(WHERE|ORDER BY|LIMIT) ", r"\n\1 ", sql)


def _written(connection: sqlite3.Connection, sql: str) -> list[str]:
    """The table and the indexes that a statement writes to, as the steps of its program say."""
    names = {
        root: f"{'the index' if kind == 'index' else 'the table'} {name}"
        for kind, name, root in connection.execute("SELECT type, name, rootpage FROM sqlite_master")
    }
    steps = connection.execute(f"EXPLAIN {sql}").fetchall()
    opened = {cursor: root for _, step, cursor, root, *_ in steps if step == "OpenWrite"}
    written = {opened.get(cursor) for _, step, cursor, *_ in steps if step in WRITING}
    found = {names[root] for root in written if root in names}
    return sorted(found, reverse=True)  # the table first


def steady(line: str) -> str:
    """A line of the plan as newer versions of SQLite write it, without what older ones do not tell."""
    line = re.sub(r"^(SCAN|SEARCH) TABLE (\S+)( AS \S+)?", r"\1 \2", line)
    line = re.sub(r"(RIGHT PART|LAST TERM|LAST \d+ TERMS) OF ORDER BY$", "LAST TERMS OF ORDER BY", line)
    return line.removesuffix(" LEFT-JOIN")


def meaning(line: str) -> str:
    """What a line of a plan means, empty for one that is not known here."""
    for pattern, words in MEANINGS:
        found = re.match(pattern, line)
        if found:
            return words.format(*found.groups())
    return ""


def _work(connection: sqlite3.Connection, sql: str, plan: list[str]) -> str:
    """Run the query, and lay its steps beside the rows of the largest table that it names."""
    counts = {name: _count(connection, name) for name in _tables(plan)}
    name = max(counts, key=lambda name: counts[name], default=None)
    if name is None or not counts[name]:
        return "There is no row to read."
    steps = _steps(connection, sql)
    if steps >= counts[name]:
        often = "more steps than the table has rows"
    elif steps * 10 < counts[name]:
        often = "not even one step for ten rows"
    else:
        often = "fewer steps than the table has rows"
    return f"Run on {name} with {counts[name]:,} rows, it takes {often}."


def _tables(plan: list[str]) -> list[str]:
    return [found[1] for line in plan if (found := re.match(r"(?:SCAN|SEARCH) (\w+)", line))]


def _count(connection: sqlite3.Connection, name: str) -> int:
    """How many rows; 0 for what is no table, as a subquery in a plan."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) if found else 0


def _steps(connection: sqlite3.Connection, sql: str) -> int:
    """How many steps SQLite's machine takes for the query."""
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    connection.set_progress_handler(tick, STRIDE)
    connection.execute(sql).fetchall()
    connection.set_progress_handler(None, 0)
    return (ticks + 1) * STRIDE
