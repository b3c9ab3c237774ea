"""What the time of a migration goes into, statement by statement."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The first pattern that a statement begins with says what kind of work it is.
KINDS = {
    "copying rows": r"INSERT INTO \w+ \(.*\)\s+SELECT",
    "other DDL": r"CREATE|DROP|ALTER",
    "key check": r"PRAGMA foreign_key_check",
    "writing rows": r"INSERT|UPDATE|DELETE",
    "reading rows": r"SELECT",
    "commit": r"COMMIT",
}
REST = "Python"


class Stopwatch:
    """Adds up the time that statements take, by kind of work; what is left is Python's."""

    def __init__(self) -> None:
        self.shares = dict.fromkeys([*KINDS, REST], 0.0)

    def watch(self, move: Callable[..., None], path: Path, target: str) -> None:
        """Do one step with every statement timed."""
        in_sql = sum(self.shares[kind] for kind in KINDS)
        begin = time.perf_counter()
        move(path, target, self._factory())
        whole = time.perf_counter() - begin
        self.shares[REST] += whole - (sum(self.shares[kind] for kind in KINDS) - in_sql)

    def timed(self, statement: str, call: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        try:
            return call()
        finally:
            spent = time.perf_counter() - begin
            for kind, pattern in KINDS.items():
                if re.match(pattern, statement.strip(), re.IGNORECASE | re.DOTALL):
                    self.shares[kind] += spent
                    break

    def _factory(self) -> type[sqlite3.Connection]:
        """A class of connections that time what goes through them."""
        timed = self.timed

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, parameters: Any = (), /) -> Any:
                run = super().execute
                return timed(sql, lambda: run(sql, parameters))

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def execute(self, sql: str, parameters: Any = (), /) -> Any:
                return self.cursor().execute(sql, parameters)

            def commit(self) -> None:
                timed("COMMIT", super().commit)

        return Connection
