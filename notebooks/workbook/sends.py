"""The SQL that a step really sends to SQLite, recorded while it runs.

`--sql` cannot show batch mode, which looks at the table first. So the step runs on a copy that is thrown
away, and the driver tells every statement that reaches it, with its values.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent, wrap
from typing import Any

from sqlalchemy import Engine, event

# What Alembic, SQLAlchemy and this project's guards read to know where they are. It changes nothing, and a
# terminal with `--sql` would not show it either.
BOOKKEEPING = re.compile(
    r"""--
    | PRAGMA\ (main|temp)\.
    | PRAGMA\ (read_uncommitted|busy_timeout|schema_version|foreign_keys$|table_x?info|index_list|index_info)
    | SELECT\b.*\bsqlite_(temp_)?master\b
    | SELECT\ (alembic_version\.)?version_num\b
    | ALTER\ TABLE\ alembic_version\ RENAME\ COLUMN\ version_num\ TO\ version_num
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
WIDTH = 104  # a longer line is broken


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Record what SQLAlchemy sends to any SQLite database while the body runs; yields the growing list."""
    sent: list[str] = []

    def listen(connection: Any, _record: Any) -> None:
        driver = getattr(connection, "driver_connection", connection)
        if isinstance(driver, sqlite3.Connection):
            driver.set_trace_callback(sent.append)

    event.listen(Engine, "connect", listen)
    try:
        yield sent
    finally:
        event.remove(Engine, "connect", listen)


def script(sent: list[str]) -> str:
    """The recorded statements as one readable script, without the bookkeeping reads."""
    shown = [statement.strip() for statement in sent if not BOOKKEEPING.match(statement.strip())]
    while shown and re.match(r"PRAGMA foreign_keys=\d", shown[-1]):
        shown.pop()  # the environment tidies up, after the COMMIT
    return "\n".join(f"{readable(statement)};" for statement in shown if statement)


def readable(statement: str) -> str:
    """A statement with its own lines, indented by spaces; an overlong one is broken before its clauses."""
    lines = [line.rstrip() for line in statement.expandtabs(4).splitlines()]
    if _in_a_margin(lines[1:]):
        lines[1:] = dedent("\n".join(lines[1:])).splitlines()
    return "\n".join(part for line in lines for part in _broken(line))


def _in_a_margin(lines: list[str]) -> bool:
    """Whether the lines after the first stand in the margin of indented Python, which says nothing."""
    return all(line.startswith("    ") for line in lines if line)


def _broken(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    margin = line[: len(line) - len(line.lstrip())]
    clauses = re.sub(r" (SELECT|FROM|WHERE|VALUES|CONSTRAINT) ", r"\n\1 ", line.strip()).splitlines()
    return [part for clause in clauses for part in _wrapped(clause, margin)]


def _wrapped(clause: str, margin: str) -> list[str]:
    indent = f"{margin}    "
    return wrap(
        clause,
        WIDTH,
        initial_indent=margin,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
