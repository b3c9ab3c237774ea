"""%sql: ipython-sql, set up for the lessons."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
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
    Connection.set(url, displaycon=False, connect_args={"isolation_level": None})


def _sql_magic() -> Any:
    global _magic
    if _magic is None:
        shell = get_ipython()
        _magic = SqlMagic(shell)
        for name, value in SETTINGS.items():
            setattr(_magic, name, value)
        shell.display_formatter.formatters["text/plain"].for_type(ResultSet, _as_text)
    return _magic


def _as_text(rows: Any, printer: Any, _cycle: bool) -> None:
    printer.text("Done." if rows.pretty is None else str(rows))
