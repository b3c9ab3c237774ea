"""Lets a student's code run, a job at a time, each in a process of its own that may be killed.

Whoever asks (`capstone`) never runs that code itself: it asks for a job, waits, and looks at the database.
Where the system can fork, a job begins at once; elsewhere a new Python is started for each.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from taskmaster.database import URL_VARIABLE
from workbook import agree, commands, photo, server
from workbook.checks import guard, patience
from workbook.checks.runner import place_in
from workbook.checks.trial import config, said
from workbook.checks.verdict import NotYet

FORKS = hasattr(os, "fork")
SECONDS = 30.0
EVERYTHING, NOTHING, HEAD = "everything", "base", "head"


class Killed(Exception):  # noqa: N818 - it is what was wanted
    """The job has been killed, as it was asked for."""


@dataclass
class Hands:
    """Does jobs on the project in ROOT, whose folder the code may write to, and on the server at PORT."""

    root: Path
    port: int | None = None
    numbers: Iterator[int] = field(default_factory=count)

    def read(self) -> dict[str, Any]:
        """What there is to run: the `heads`, and the `revisions` after 0019 in their order."""
        return self._do("read")

    def move(self, url: str, to: str, **how: Any) -> dict[str, Any]:
        """Upgrade or downgrade to a revision, and say what was logged and sent.

        HOW: `down=True`; `only=True`, for exactly this one revision; `die=N`, to be killed before the Nth
        statement; `watch=True`, to have the locks on `tasks` watched.
        Raises NotYet with what stops it, and Killed.
        """
        return self._do("move", url=url, to=to, **how)

    def differences(self, url: str) -> list[list[str]]:
        """In what the models and the database do not agree."""
        found = self._do("differences", url=url)
        return list(found["differences"])

    def from_models(self, url: str) -> None:
        """Make the tables of the models, without a revision."""
        self._do("from_models", url=url)

    def _do(self, name: str, **options: Any) -> dict[str, Any]:
        result = self.root.parent / f"job-{next(self.numbers)}.json"
        job = {"root": str(self.root), "port": self.port, "name": name, "result": str(result), **options}
        status = _forked(job) if FORKS else _started(job)
        if result.is_file():
            found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
            if "problem" in found:
                raise NotYet(**found["problem"])
            return found
        if options.get("die") and status in (
            -signal.SIGTERM,
            -getattr(signal, "SIGKILL", signal.SIGTERM),
            15,
        ):
            raise Killed
        raise _broken(self.root, Path(f"{result}.trace"))


def _broken(root: Path, trace: Path) -> NotYet:
    """Why a job has left no result."""
    text = trace.read_text(encoding="utf-8") if trace.is_file() else ""
    if text.strip():
        return NotYet(
            f"Your code has not come to an end after {SECONDS:.0f} seconds.",
            where=place_in(root, text),
            why="Is there a loop that never ends, or a statement that waits for a lock of its own program?",
        )
    return NotYet(
        "Your code ends Python itself, before the check has come to its end.",
        why="A revision returns or raises an exception; it never ends the program that runs it.",
    )


def _forked(job: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        try:
            quiet = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(quiet, number)
            do(job)
        finally:
            os.kill(os.getpid(), signal.SIGABRT)  # `do` ends the process, unless something is very wrong
    until = time.monotonic() + SECONDS + 5
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.005)


def _started(job: dict[str, Any]) -> int:
    words = [sys.executable, "-P", "-m", __name__]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        text=True, encoding="utf-8", env=server.surroundings(),
    ) as child:  # fmt: skip
        with suppress(subprocess.TimeoutExpired):
            child.communicate(json.dumps(job), timeout=SECONDS + 5)
        if child.poll() is None:
            child.kill()
    return child.returncode


# ----------------------------------------------------------------------------- in the process of the job


def do(job: dict[str, Any]) -> None:
    """Do a job, write what it finds to its result, and end this process."""
    end, root, result = os._exit, Path(job["root"]), Path(job["result"])
    guard.limit_memory_and_files()
    if job["port"]:
        server.of_our_starter = server.Place(job["port"])
    with Path(f"{result}.trace").open("w", encoding="utf-8") as trace, patience.of(SECONDS, trace):
        guard.install(root.parent)
        try:
            found = JOBS[job["name"]](root, job)
        except NotYet as problem:
            found = {"problem": {"what": problem.what, "where": problem.where, "why": problem.why}}
    result.write_text(json.dumps(found), encoding="utf-8")
    end(0)


@contextmanager
def standing_in(root: Path, url: str | None = None) -> Iterator[None]:
    """Stand in the project as a terminal does, with the database's URL in the environment."""
    settings = {URL_VARIABLE: url} if url else {}
    with commands.project(root, settings=settings), commands._databases_only_in(root.parent):
        sys.dont_write_bytecode = True
        yield


def read(root: Path, _job: dict[str, Any]) -> dict[str, Any]:
    with standing_in(root):
        script = said(root, lambda: ScriptDirectory.from_config(config(root)))
        heads = said(root, lambda: list(script.get_heads()))
        steps = said(root, lambda: script._upgrade_revs("heads", "0019")) if len(heads) == 1 else []
    return {
        "heads": heads,
        "revisions": [
            [step.revision.revision, Path(step.revision.path).relative_to(root).as_posix()] for step in steps
        ],
    }


def move(root: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Through the project's own env.py, as `alembic upgrade` and `alembic downgrade` do it."""
    watch = _Watch(job.get("die", 0), look=job.get("watch", False))
    heard: list[str] = []
    with standing_in(root, job["url"]), _warnings_to(heard), watch.watching():
        settings = config(root)
        script = said(root, lambda: ScriptDirectory.from_config(settings))

        def steps(revision: Any, _context: Any) -> Any:
            if job.get("down"):
                return script._downgrade_revs(job["to"], revision)
            found = script._upgrade_revs(job["to"], revision)
            return (
                [step for step in found if step.revision.revision == job["to"]] if job.get("only") else found
            )

        def go() -> None:
            options: dict[str, Any] = {"fn": steps, "starting_rev": None, "destination_rev": job["to"]}
            with EnvironmentContext(settings, script, **options):
                script.run_env()

        try:
            said(root, go)
        except NotYet as problem:
            if _commits_by_itself(problem.__cause__):
                problem.why = COMMITTED
            raise
    return {"log": heard, "sent": watch.sent, "locks": watch.locked}


COMMITTED = (
    "`autocommit_block` ends the transaction of the revision, and on SQLite that is the one of the whole "
    "upgrade. Killed after it, half of the revision would stay: a COMMIT of its own has no place in yours "
    "(The trap)."
)


def _commits_by_itself(error: BaseException | None) -> bool:
    """Whether Alembic has refused, without a word, to end a transaction that is not its own."""
    if not isinstance(error, AssertionError):
        return False
    return any(frame.name == "autocommit_block" for frame in traceback.extract_tb(error.__traceback__))


def differences(root: Path, job: dict[str, Any]) -> dict[str, Any]:
    with standing_in(root, job["url"]):
        engine = create_engine(job["url"], poolclass=NullPool)
        try:
            found = said(root, lambda: agree.differences(config(root), photo.take(engine)))
        except agree.NoModelsError:
            raise NotYet(
                "env.py gives Alembic no models: `target_metadata` is None.", where="migrations/env.py"
            ) from None
    return {"differences": [list(one) for one in found]}


def from_models(root: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Of the metadata that env.py hands to Alembic, wherever it takes it from."""
    with standing_in(root, job["url"]):
        settings, found = config(root), []

        def look(_revision: Any, context: Any) -> list[Any]:
            found.append(context.opts.get("target_metadata"))
            return []

        def make() -> None:
            script = ScriptDirectory.from_config(settings)
            with EnvironmentContext(settings, script, fn=look, dont_mutate=True):
                script.run_env()
            for metadata in found[0] if isinstance(found[0], list | tuple) else found:
                metadata.create_all(create_engine(job["url"], poolclass=NullPool))

        said(root, make)
    return {}


JOBS: dict[str, Callable[[Path, dict[str, Any]], dict[str, Any]]] = {
    "read": read, "move": move, "differences": differences, "from_models": from_models,
}  # fmt: skip


@contextmanager
def _warnings_to(heard: list[str]) -> Iterator[None]:
    """Every warning of every logger, whatever an env.py does to handlers and levels."""
    before = logging.Logger.handle

    def handle(self: logging.Logger, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            heard.append(record.getMessage())
        before(self, record)

    patched: Any = logging.Logger
    patched.handle = handle
    try:
        yield
    finally:
        patched.handle = before


# What stops others who want to write to `tasks`, and with ACCESS EXCLUSIVE also who wants to read it.
STRONG = "'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'"
LOCKS = f"""
    SELECT mode, virtualtransaction FROM pg_locks
    WHERE pid = pg_backend_pid() AND granted AND mode IN ({STRONG})
    AND relation = to_regclass('tasks') ORDER BY mode LIMIT 1"""
# Rows read and written so far: what has been reported, and what this transaction has still to report.
WORK = "SELECT " + " + ".join(
    "(SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
    f" + n_tup_ins + n_tup_upd + n_tup_del), 0) FROM {view})::bigint"
    for view in ("pg_stat_user_tables", "pg_stat_xact_user_tables")
)
SHORT = re.compile(  # in a transaction of its own, this locks `tasks` for as long as it takes
    r"\s*(ALTER\s+TABLE\s+(ONLY\s+)?\S*\btasks\b(?!.*\bVALIDATE\s+CONSTRAINT)"
    r"|CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b).*\bON\s+(ONLY\s+)?\S*\btasks\b)",
    re.IGNORECASE | re.DOTALL,
)


class _Watch:
    """What is sent; and the end, before statement DIE.

    With LOOK, each time when somebody else had to wait for `tasks`: the number of the statement that took
    the lock, its mode, and how many rows were read and written until it was given back, by which statement
    the most.
    """

    def __init__(self, die: int, *, look: bool) -> None:
        self.die, self.look = die, look
        self.sent: list[str] = []
        self.locked: list[dict[str, Any]] = []
        self.work = 0
        self.holding: str | None = None  # the transaction that has the lock

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at every statement of every engine in this process."""
        event.listen(Engine, "before_cursor_execute", self.before)
        event.listen(Engine, "after_cursor_execute", self.after)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", self.before)
            event.remove(Engine, "after_cursor_execute", self.after)

    def before(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.sent.append(statement)
        if len(self.sent) == self.die:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    def after(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        driver = cursor.connection
        if not self.look or connection.dialect.is_async:
            return
        with driver.cursor() as own:
            rows = own.execute(WORK).fetchone()[0]
            mode, transaction = own.execute(LOCKS).fetchone() or ("", None)
        done, self.work = rows - self.work, rows
        alone = driver.info.transaction_status == 0 and SHORT.match(statement)
        if not mode and not alone:
            self.holding = None
            return
        if alone or transaction != self.holding:
            self.locked.append({"number": len(self.sent), "mode": "", "rows": 0, "most": 0, "at": 0})
        self.holding = transaction
        lock = self.locked[-1]
        lock["mode"] = mode or "AccessExclusiveLock"
        lock["rows"] += done
        if done > lock["most"]:
            lock |= {"most": done, "at": len(self.sent)}


if __name__ == "__main__":
    do(json.loads(sys.stdin.read()))
