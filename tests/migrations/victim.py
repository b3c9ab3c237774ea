"""A program that migrates and dies on the way, over and over, as often as it is told.

It reads one job a line from its standard input (JSON: url, move, revision, and where to die), forks, lets
the child migrate and kill itself with SIGKILL at that place, and answers with one line: "killed", or
"done" when the child came to the end before that place. Forking spares the start of a Python for each.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from tests.migrations import history

MOVES = {"upgrade": history.upgrade, "downgrade": history.downgrade}


class Victim:
    """The program above, as a context manager; call it with a job."""

    def __enter__(self) -> Victim:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=history.PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def __call__(self, url: sa.URL, move: str, revision: str, **place: int) -> bool:
        """Migrate and die; return whether it came to dying.

        PLACE is `statement=N` (just before SQLite or SQLAlchemy runs the Nth statement, BEGIN and COMMIT
        among them) or `steps=N` (SQLite only: in the middle of whatever runs after N of SQLite's steps).
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        written = url.render_as_string(hide_password=False)
        print(json.dumps([written, move, revision, place]), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        assert answer in {"killed", "done"}, answer
        return answer == "killed"


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_before(number: int) -> Any:
    """A function that dies when it is called for the Nth time."""
    calls = iter(range(1, number))

    def count(*_: object) -> None:
        if next(calls, None) is None:
            _die()

    return count


def _victim(url: str, place: dict[str, int]) -> sa.Engine:
    engine = history.engine(url)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def connect(driver: sqlite3.Connection, _record: object) -> None:
            driver.execute("PRAGMA cache_size = 2")  # so that it writes into the file long before COMMIT
            if "statement" in place:
                driver.set_trace_callback(_die_before(place["statement"]))
            else:
                driver.set_progress_handler(_die, place["steps"])
    else:
        die = _die_before(place["statement"])
        sa.event.listen(engine, "before_cursor_execute", die)
        sa.event.listen(engine, "commit", die)
    return engine


def _job(url: str, move: str, revision: str, place: dict[str, int]) -> str:
    child = os.fork()
    if child == 0:
        try:
            MOVES[move](_victim(url, place), revision)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed" if os.WTERMSIG(status) == signal.SIGKILL else f"signal {os.WTERMSIG(status)}"
    return "done" if os.WEXITSTATUS(status) == 0 else "failed"


def _warm_up() -> None:
    """Go the whole way once, so that no child has to fill the caches again."""
    with tempfile.TemporaryDirectory(prefix="taskmaster-") as folder:
        url = f"sqlite:///{folder}/warm.db"
        history.upgrade(url)
        history.downgrade(url, "base")


if __name__ == "__main__":
    logging.disable()
    _warm_up()
    for line in sys.stdin:
        print(_job(*json.loads(line)), flush=True)
