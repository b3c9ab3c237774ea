"""%session and %%session: several real connections to the lesson's server, side by side in one notebook.

A statement that has to wait holds up nobody here: it is sent, and the cell says whom it waits for. What
waited and goes on is told by the cell that let it go. A deployer (`%session deployer alembic upgrade head`)
is a program of its own, as it would be on another machine.

Nothing that is shown is a number of a process or a time: connections have names.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

import sqlparse
from sqlalchemy import URL, make_url

from workbook import commands, server, stage
from workbook.html import text_table
from workbook.stage import Problem

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

NAME = re.compile(r"[a-z][a-z0-9_]{0,20}")
COMMAND = [sys.executable, "-P", "-m", "workbook.sessions"]
LIMIT = 60  # seconds after which something that neither ends nor waits for anybody is given up
PAUSE = 0.01
USAGE = "write it like this: %session ana SELECT 1, or %session ben alembic upgrade head"
STEPS_ONLY = "of Alembic's commands, only upgrade and downgrade go with it; for the others there is %alembic"
AT_WHOM = """
SELECT DISTINCT coalesce(nullif(b.application_name, ''), 'another connection')
FROM pg_stat_activity a, unnest(pg_blocking_pids(a.pid)) AS p (pid) JOIN pg_stat_activity b ON b.pid = p.pid
WHERE a.application_name = %s AND a.datname = current_database() ORDER BY 1
"""
FOR_WHAT = """
SELECT l.mode, l.relation::regclass::text FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND a.application_name = %s AND a.datname = current_database()
"""
# Between two tries stands the ROLLBACK after the last one (migrations/postgresql_safety.py).
WHO_HOLDS_THE_LOCK = """
SELECT h.application_name FROM pg_stat_activity a, pg_locks l JOIN pg_stat_activity h USING (pid)
WHERE a.application_name = %s AND (a.query LIKE 'SELECT pg_try_advisory_lock%%' OR a.query = 'ROLLBACK')
AND l.locktype = 'advisory' AND l.granted AND h.pid <> a.pid
"""


class _Somebody:
    """A name with a connection of its own, and what it said last."""

    def __init__(self, name: str, database: str) -> None:
        self.name = name
        self.database = database
        self.waiting = ""  # for whom, in words; empty when it waits for nobody

    def is_busy(self) -> bool:
        """Whether what it was asked for has not ended."""
        raise NotImplementedError

    def is_idle(self) -> bool:
        """Whether it has a connection and nothing begun on it."""
        return False

    def said(self) -> Iterator[str]:
        """What it has to say at the end, line by line; once."""
        raise NotImplementedError

    def end(self) -> None:
        """Go away; what is not committed is undone."""
        raise NotImplementedError


class _Person(_Somebody):
    """Somebody with a connection who types SQL."""

    def __init__(self, name: str, database: str) -> None:
        import psycopg

        super().__init__(name, database)
        self.connection = psycopg.connect(dbname=database, application_name=name, autocommit=True)
        self.link = self.connection.pgconn
        self.left: list[str] = []  # statements that come after the one that is running
        self.waits_by_itself = False

    def send(self, statements: Sequence[str]) -> None:
        self.left = list(statements)
        self._next()

    def _next(self) -> None:
        # A wait that the server will cut short is worth waiting for.
        shown = self.link.exec_(b"SHOW lock_timeout")
        self.waits_by_itself = shown.get_value(0, 0) not in (None, b"0") if shown.ntuples else False
        self.link.send_query(self.left.pop(0).encode())

    def is_busy(self) -> bool:
        self.link.consume_input()
        return bool(self.link.is_busy())

    def said(self) -> Iterator[str]:
        failed = False
        while (result := self.link.get_result()) is not None:
            failed = failed or result.error_field(ord("C")) is not None
            yield from _told(result)
        if failed:
            self.left = []

    def is_idle(self) -> bool:
        return not self.waiting and self.link.transaction_status == 0

    def goes_on(self) -> bool:
        """Send the next statement, if there is one."""
        if not self.left:
            return False
        self._next()
        return True

    def cancel(self) -> None:
        self.link.get_cancel().cancel()

    def end(self) -> None:
        if self.link.transaction_status == 1:
            self.cancel()
        self.connection.close()


def _told(result: PGresult) -> Iterator[str]:
    """A result in words: what the server calls it, rows as a table, an error as one line."""
    from psycopg import errors

    state = result.error_field(ord("C"))
    if state is not None:
        said = (result.error_field(ord("M")) or b"").decode()
        yield f"{errors.lookup(state.decode()).__name__}: {said}"
    elif result.nfields == 0:
        yield (result.command_status or b"").decode()
    else:
        names = [(result.fname(at) or b"").decode() for at in range(result.nfields)]
        rows = [
            [_text(result.get_value(row, at)) for at in range(result.nfields)]
            for row in range(result.ntuples)
        ]
        if len(rows) == 1:
            yield ", ".join(f"{name} = {value}" for name, value in zip(names, rows[0], strict=True))
        else:
            yield f"{len(rows)} rows" if rows else "no row"
            if rows:
                yield from text_table(names, rows).splitlines()


def _text(value: bytes | None) -> str:
    return "NULL" if value is None else value.decode()


class _Program(_Somebody):
    """Somebody who runs a command in a program of its own."""

    def __init__(self, name: str, here: stage.Stage, database: str, words: Sequence[str]) -> None:
        super().__init__(name, database)
        self.out: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - as long as it runs
        address = {stage.URL_VARIABLE: _url(here, database), "PGAPPNAME": name}
        self.process = subprocess.Popen(
            [*COMMAND, str(here.root), str(here.area), *words],
            stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT, cwd=here.root,
            env=server.surroundings() | _started().environment() | address | {"PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip

    def is_busy(self) -> bool:
        return self.process.poll() is None

    def is_idle(self) -> bool:
        return not self.is_busy()

    def said(self) -> Iterator[str]:
        self.out.seek(0)
        yield from self.out.read().splitlines()
        if status := self.process.wait():
            yield f"[alembic ended with status {status}]"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.out.close()


def _started() -> server.Server:
    assert server.of_the_lesson is not None
    return server.of_the_lesson


def _url(here: stage.Stage, database: str) -> str:
    """The address of a database, with the role that the environment or `.env` says."""
    said = make_url(here.app_url())
    if said.get_backend_name() != "postgresql":
        said = URL.create("postgresql+psycopg")
    return said.set(database=database).render_as_string(hide_password=False)


_all: dict[str, _Somebody] = {}


def line(line: str) -> None:
    """`%session NAME SQL`: send it on a connection of that name, which stays open.

    `%session NAME alembic upgrade head`: a deployer, in the database that `%postgres` has chosen.
    `%session NAME cancel` stops what waits, and `%session NAME leave` closes the connection.
    """
    from workbook import postgres

    name, *words = line.split() or [""]
    here = stage.current()
    postgres.check()
    if words[:1] == ["alembic"]:
        if words[1:2] not in (["upgrade"], ["downgrade"]):
            raise Problem(STEPS_ONLY)
        _make_free(_checked(name))
        _all[name] = _Program(name, here, _database(here), words[1:])
        _tell(_all[name])
    elif words == ["cancel"]:
        somebody = _known(name)
        if not isinstance(somebody, _Person) or not somebody.waiting:
            raise Problem(f"{name} waits for nobody; there is nothing to cancel")
        somebody.cancel()
        _tell(somebody, wait=True)
    elif words == ["leave"]:
        _known(name).end()
        del _all[name]
        print(f"{name}: is gone")
    elif words:
        _send(name, line.partition(name)[2])
        return
    else:
        raise Problem(USAGE)
    _tell_the_others(name)


def cell(line: str, cell: str) -> None:
    """`%%session NAME`: the same as `%session NAME SQL`, with the SQL in the lines below."""
    from workbook import postgres

    stage.current()
    postgres.check()
    _send(line.strip(), cell)


def _send(name: str, sql: str) -> None:
    """Send SQL, statement by statement, on the connection of that name."""
    database = _database(stage.current())
    statements = [text.rstrip(";").strip() for text in sqlparse.split(sql) if text.strip(" ;\n")]
    if not statements:
        raise Problem(USAGE)
    somebody = _all.get(_checked(name))
    if not isinstance(somebody, _Person) or somebody.waiting or somebody.database != database:
        _make_free(name)
        somebody = _all[name] = _Person(name, database)
    somebody.send(statements)
    _tell(somebody)
    _tell_the_others(name)


def _make_free(name: str) -> None:
    """Let somebody go who has nothing begun. Raises Problem for somebody who has."""
    somebody = _all.get(name)
    if somebody is not None:
        if not somebody.is_idle():
            busy = f"{name} is in the middle of something"
            if somebody.waiting:
                raise Problem(f"{busy}, and {somebody.waiting.removeprefix('… ')}. That has to end first")
            raise Problem(f"{busy}; another name is free")
        somebody.end()
        del _all[name]


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Problem(USAGE)
    return name


def _known(name: str) -> _Somebody:
    if name not in _all:
        raise Problem(f"there is no {name or 'such'} session; there are {', '.join(_all) or 'none'}")
    return _all[name]


def _database(here: stage.Stage) -> str:
    if here.server is None:
        raise Problem("%postgres NAME chooses the database first")
    return here.server


def _tell_the_others(name: str) -> None:
    """What those have to say who waited, in the order in which they came."""
    for other in list(_all.values()):
        if other.name != name and other.waiting:
            _tell(other)


def _tell(somebody: _Somebody, *, wait: bool = False) -> None:
    """Wait until somebody has ended or waits for another, and print what there is to say.

    With WAIT, also what waits for another is waited for. Raises Problem when neither happens.
    """
    import psycopg

    was, somebody.waiting = somebody.waiting, ""
    deadline = time.monotonic() + LIMIT
    look: Any = None  # a connection; nobody needs it where all ends at once
    with contextlib.ExitStack() as stack:
        while True:
            while not _ends_at_once(somebody):
                if look is None:
                    look = stack.enter_context(psycopg.connect(dbname=somebody.database, autocommit=True))
                patient = wait or (isinstance(somebody, _Person) and somebody.waits_by_itself)
                somebody.waiting = "" if patient else _waits(look, somebody.name)
                if somebody.waiting:
                    if somebody.waiting != was:
                        print(f"{somebody.name}: {somebody.waiting}")
                    return
                if time.monotonic() > deadline:
                    raise Problem(f"{somebody.name} has not ended after {LIMIT} seconds")
            for one in somebody.said():
                print(f"{somebody.name}: {one}".rstrip())
            if not isinstance(somebody, _Person) or not somebody.goes_on():
                return


def _ends_at_once(somebody: _Somebody) -> bool:
    """Whether it has ended, or does so within a PAUSE."""
    for _ in range(10):
        if not somebody.is_busy():
            return True
        time.sleep(PAUSE / 10)
    return not somebody.is_busy()


def _waits(look: Any, name: str) -> str:
    """For whom somebody waits, and for what; empty when it waits for nobody."""
    whom = [found for (found,) in look.execute(AT_WHOM, (name,))]
    if whom:
        what = look.execute(FOR_WHAT, (name,)).fetchone()
        lock = f", and wants {_lock(what[0])} on {what[1]}" if what and what[1] else ""
        return f"… waits for {' and '.join(whom)}{lock}"
    holder = look.execute(WHO_HOLDS_THE_LOCK, (name,)).fetchone()
    return f"… asks again and again for the lock that {holder[0]} holds" if holder else ""


def _lock(mode: str) -> str:
    """`AccessExclusiveLock` as PostgreSQL's manual writes it: ACCESS EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


def make_room(database: str) -> None:
    """Close the connections to a database that nobody is using; the next statement opens a new one."""
    for name, somebody in list(_all.items()):
        if somebody.database == database and somebody.is_idle():
            somebody.end()
            del _all[name]


def end() -> None:
    """Nobody is left; what was not committed is undone."""
    for somebody in _all.values():
        with contextlib.suppress(Exception):  # the server may be gone
            somebody.end()
    _all.clear()


# ------------------------------------------------------------------------ in the program of a deployer


def deploy(root: str, area: str, *words: str) -> int:
    """Run alembic in the project ROOT, on the server of the lesson; returns its exit status."""
    from pathlib import Path

    server.of_our_starter = server.Place(int(os.environ["PGPORT"]))
    url = {stage.URL_VARIABLE: os.environ[stage.URL_VARIABLE]}
    status, output = commands.alembic(Path(root), words, area=Path(area), settings=url)
    print(output, end="")
    return status


if __name__ == "__main__":
    sys.exit(deploy(*sys.argv[1:]))
