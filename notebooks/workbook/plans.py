"""How SQLite goes about a query: EXPLAIN QUERY PLAN, with what each line of it means.

The words are the same for all versions of SQLite, which write a few of them differently.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from workbook.html import Card, Cell, Row, caption, card, code, note, table, text_table
from workbook.sends import readable

STRIDE = 10
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

    Raises sqlite3.Error for what SQLite cannot read, ValueError for what is no query.
    """
    sql = sql.strip().rstrip(";")
    if not re.match(r"(SELECT|WITH|VALUES)\b", sql, re.IGNORECASE):
        raise ValueError("only a SELECT can be explained here")
    # A connection of its own: one that has been open for longer may plan for yesterday's schema
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        plan = [steady(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        rows: list[Row] = [[Cell(line, code=True), meaning(line)] for line in plan]
        work = _work(connection, sql, plan)
    shown = readable(sql)
    return Card(
        card(title, code(shown, "sql"), caption("The plan"), table(HEADINGS, rows), note(work)),
        f"{title}\n\n{shown}\n\n{text_table(HEADINGS, rows)}\n\n{work}",
    )


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
    elif steps * 100 < counts[name]:
        often = "not even one step for a hundred rows"
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
