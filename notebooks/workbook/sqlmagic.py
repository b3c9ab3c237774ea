"""%sql: ipython-sql, set up for the lessons."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from decimal import Decimal
from itertools import cycle
from typing import Any

import sqlparse
from IPython import get_ipython
from sql.connection import Connection  # type: ignore[import-untyped]
from sql.magic import SqlMagic  # type: ignore[import-untyped]
from sql.run import ResultSet  # type: ignore[import-untyped]

from workbook.stage import Problem, Stage

SETTINGS = {"style": "_DEPRECATED_DEFAULT", "displaycon": False, "feedback": False}
ERROR = re.compile(r"\((?:\w+\.)+(\w+)\) (.*)")  # (sqlite3.OperationalError) no such table: x
_magic: Any = None


def run(here: Stage, statement: str) -> Any:
    """Run SQL on the stage's database. Returns what ipython-sql returns; an error is printed in one line."""
    if not statement.strip():
        raise Problem("write SQL behind it: %sql SELECT 1")
    _connect(here)
    out = io.StringIO()
    with redirect_stdout(out):
        # As a cell: on a line, ipython-sql takes quotation marks and dashes for its own.
        result: Any = _sql_magic().execute("", statement)
    _print_error(out.getvalue())
    if result is not None and getattr(result, "pretty", None) is not None:
        if _alters(statement):
            result.pretty = None  # or a check that SQLite runs inside ALTER TABLE heads an empty table
        else:
            _say_null(result)
    return result


def _alters(statement: str) -> bool:
    """Whether the last statement, whose result is shown, is an ALTER."""
    last = sqlparse.split(statement)[-1]
    kind: str = sqlparse.parse(last)[0].get_type()  # type: ignore[no-untyped-call]
    return kind == "ALTER"


def _say_null(result: Any) -> None:
    """Show NULL as SQL has it, in the text and in the table; the rows themselves keep None."""
    result.pretty.add_rows(result)  # ipython-sql does so later otherwise, and leaves it when it is done
    for row in result.pretty.rows:
        result.pretty.del_row(0)
        result.pretty.add_row(["NULL" if value is None else value for value in row])


def _print_error(text: str) -> None:
    found = ERROR.match(text)
    print(f"{found[1]}: {found[2]}\n" if found else text, end="")


def forget() -> None:
    """Close what is open; the next statement connects anew."""
    for connection in list(Connection.connections.values()):
        connection.internal_connection.close()
        connection.internal_connection.engine.dispose()
    # ipython-sql finds an old connection by a part of its name, so none may be left
    Connection.connections.clear()
    Connection.current = None


def _connect(here: Stage) -> None:
    url = here.url().render_as_string(hide_password=False)
    if Connection.current is not None and str(Connection.current.url) == url:
        return
    forget()
    # The driver commits by itself: a statement that fails leaves no lock behind.
    by_itself = {"autocommit": True} if here.server else {"isolation_level": None}
    Connection.set(url, displaycon=False, connect_args=by_itself)


def _sql_magic() -> Any:
    global _magic
    if _magic is None:
        shell = get_ipython()
        _magic = SqlMagic(shell)
        for name, value in SETTINGS.items():
            setattr(_magic, name, value)
        formatters = shell.display_formatter.formatters
        formatters["text/plain"].for_type(ResultSet, _as_text)
        formatters["text/html"].for_type(ResultSet, _as_html)
    return _magic


def _as_text(rows: Any, printer: Any, _cycle: bool) -> None:
    printer.text("Done." if rows.pretty is None else str(rows))


def _as_html(rows: Any) -> str | None:
    """ipython-sql's table, with words on the left: JupyterLab pushes whatever has no side to the right."""
    table: str | None = rows._repr_html_()
    if table is None:
        return None
    columns = [[row[at] for row in rows] for at in range(len(rows.keys))]
    sides = cycle(map(_side, columns))  # the heading and every row have one tag for each column
    return re.sub("<(t[hd])>", lambda tag: f'<{tag[1]} style="text-align:{next(sides)}">', table)


def _side(values: list[Any]) -> str:
    """Numbers stand under each other at the right end; all else begins at the left."""
    known = [value for value in values if value is not None]
    numbers = all(isinstance(value, int | float | Decimal) for value in known)
    return "right" if known and numbers else "left"
