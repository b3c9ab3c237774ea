"""%postgres and %%postgres: a lesson's own PostgreSQL server, its databases, and Python that needs it.

The address of the server and its password stand in the environment, where PostgreSQL's own library looks for
them (PGHOST, PGPORT, PGUSER, PGPASSWORD). So an address in a lesson is as short as `postgresql:///tasks`, and
no output shows a number that is another one tomorrow.
"""

from __future__ import annotations

import ast
import atexit
import os
import re
import sys
from typing import Any

from IPython import get_ipython

from workbook import server, sqlmagic, stage
from workbook.stage import Problem

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
TAKEN = ("postgres", "template0", "template1")
NONE_YET = "no PostgreSQL server runs in this lesson yet; %postgres NAME starts one"
NONE_HERE = (
    "this cell needs a PostgreSQL server, and none can run here. "
    "The page as it came shows what the cell gives where one can"
)

_cannot: str | None = None  # why there is none, once it has been tried
_made: set[str] = set()
_before: dict[str, str] | None = None  # the PG… variables as they were


def use(line: str) -> None:
    """`%postgres NAME`: %sql and the views look at this database of the lesson's own PostgreSQL server.

    The server is started when the first one asks, and a database is made where there is none of that name:
    an empty one, or with `%postgres NAME OTHER` a copy of another. `%postgres stop` ends the server with all
    its databases; so does the end of the notebook's kernel.
    """
    words = line.split()
    if not 1 <= len(words) <= 2:
        raise Problem("write it like this: %postgres tasks, or for a copy of tasks %postgres twin tasks")
    here, name = stage.current(), words[0]
    if name == "stop":
        _stop(here)
        return
    original = words[1] if len(words) == 2 else None
    if not NAME.fullmatch(name) or name in TAKEN:
        raise Problem(
            f"{name} cannot be the name; small letters, digits and _ can, and it is none of PostgreSQL's own"
        )
    if original is not None and is_running() and original not in _made:
        raise Problem(f"there is no database {original} to copy; there are {', '.join(sorted(_made))}")
    here.server = name
    running, what = _started(), "a database"
    if name not in _made:
        what = f"a copy of {original}" if original else "a new, empty database"
        sqlmagic.forget()  # nobody may be connected to what is copied
        if original and "workbook.sessions" in sys.modules:
            sys.modules["workbook.sessions"].make_room(original)
        running.create(name, original or "template0")
        _made.add(name)
    print(f"%sql and the views now use {name}, {what} on PostgreSQL.")


def _stop(here: stage.Stage) -> None:
    ran = is_running()
    end()
    if not ran:
        raise Problem("no PostgreSQL server runs in this lesson")
    file = f" %sql and the views use {here.database.name} again." if here.database else ""
    print(f"The PostgreSQL server is stopped, and its databases are gone.{file}")


def _started() -> server.Server:
    global _cannot, _before
    if not is_running():
        end(forget=False)
        try:
            server.of_the_lesson = server.start()
        except server.CannotRunHereError as error:
            _cannot = str(error)
            raise Problem(f"{NONE_HERE} ({error})") from error
        _cannot = None
        _before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
        os.environ.update(server.of_the_lesson.environment())
    assert server.of_the_lesson is not None
    return server.of_the_lesson


def is_running() -> bool:
    """Whether this lesson has a server."""
    return server.of_the_lesson is not None and server.of_the_lesson.is_running()


def knows(name: str) -> bool:
    """Whether %postgres has made a database of that name."""
    return is_running() and name in _made


def check() -> None:
    """Raise Problem where a cell needs the server and there is none."""
    if not is_running():
        raise Problem(NONE_YET if _cannot is None else NONE_HERE)


def end(*, forget: bool = True) -> None:
    """Stop the server, if there is one; with FORGET no project looks at one of its databases any more."""
    global _cannot, _before
    if server.of_the_lesson is not None:
        sqlmagic.forget()
        if "workbook.sessions" in sys.modules:
            sys.modules["workbook.sessions"].end()
        server.of_the_lesson.stop()
    if _before is not None:
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]
        os.environ.update(_before)
    server.of_the_lesson = _cannot = _before = None
    _made.clear()
    if forget:
        stage.forget_servers()


atexit.register(end)


def steady(text: str) -> str:
    """TEXT without the server's port, which is another one every time."""
    running = server.of_the_lesson
    return text if running is None else text.replace(f"port {running.port}", "port …")


def run(_line: str, cell: str) -> Any:
    """`%%postgres`: run the cell's Python, which needs the server; where there is none, say so instead.

    Returns the value of its last line. What PostgreSQL refuses is printed as one line.
    """
    stage.current()
    check()
    shell: Any = get_ipython()
    body = ast.parse(shell.transform_cell(cell))  # it may have magics of its own
    end = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    import psycopg

    try:
        exec(compile(body, "<cell>", "exec"), shell.user_ns)
        if isinstance(end, ast.Expr):
            return eval(compile(ast.Expression(end.value), "<cell>", "eval"), shell.user_ns)
    except psycopg.Error as error:
        print(f"{type(error).__name__}: {steady(str(error)).splitlines()[0]}")
    return None
