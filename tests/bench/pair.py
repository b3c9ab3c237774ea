"""Two databases that go through the history side by side, one through Alembic, the other by hand.

They hold the same rows, and `must_be_equal` holds them to the same schema and rows at every point.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import make_url

from tests.bench import by_hand
from tests.migrations import history

CHAIN = ["base", *by_hand.REVISIONS]


def ours(path: Path, target: str, factory: type[sqlite3.Connection] | None = None) -> None:
    """Move the database through Alembic; FACTORY makes the sqlite3 connection, where it has to be watched."""
    url = f"sqlite:///{path}"
    engine = None
    if factory:
        engine = sa.create_engine(
            url, creator=lambda: sqlite3.connect(path, factory=factory), poolclass=sa.NullPool
        )
    move, told = _told(path, target)
    move(engine or url, told)


def theirs(path: Path, target: str, factory: type[sqlite3.Connection] | None = None) -> None:
    """Move the database by hand."""
    by_hand.move(path, target, factory or sqlite3.Connection)


def _told(path: Path, target: str) -> tuple[Callable[..., None], str]:
    """The one command that leads to TARGET: a branch is left by its own name, everything else by number."""
    with open_file(path) as connection:
        present = _revision(connection)
    if CHAIN.index(target) > CHAIN.index(present):
        return history.upgrade, target
    place = ",".join(by_hand.HEADS[present])
    [*one_step] = [step.down for step in history.STEPS if (step.revision, step.after) == (present, place)]
    is_next = CHAIN.index(target) == CHAIN.index(present) - 1
    return history.downgrade, one_step[0] if is_next else target


WAYS: dict[str, Callable[..., None]] = {"ours": ours, "by hand": theirs}


@contextmanager
def two_databases() -> Iterator[dict[str, Path]]:
    """Two files that do not exist yet; the losses that downgrades warn of are the benchmark's own rows."""
    log = logging.getLogger("alembic.runtime.migration")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield {way: Path(folder) / f"{way.replace(' ', '-')}.db" for way in WAYS}
    finally:
        log.setLevel(level)


@contextmanager
def compiled_files_elsewhere() -> Iterator[None]:
    """Let Python keep compiled files, as it does for a person, but in a folder of the benchmark's own."""
    told = sys.pycache_prefix, sys.dont_write_bytecode
    with tempfile.TemporaryDirectory() as folder:
        sys.pycache_prefix, sys.dont_write_bytecode = folder, False
        try:
            yield
        finally:
            sys.pycache_prefix, sys.dont_write_bytecode = told


@contextmanager
def open_file(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def write(paths: Iterable[Path], statements: tuple[str, ...]) -> None:
    """The same statements in every database, each its own transaction."""
    for path in paths:
        with open_file(path) as connection:
            for statement in statements:
                connection.execute(statement)


def forget_moments(paths: dict[str, Path]) -> None:
    """0003 fills in the moment it runs, which differs between the two."""
    write(paths.values(), ("UPDATE tasks SET created_at = '2026-01-01 00:00:00'",))


# ------------------------------------------------------------------------------------------ the rows


def rows_after(revision: str, rows: int) -> tuple[str, ...]:
    """What people did after this revision: ROWS tasks, a tenth as many users, some of them twice."""
    users = max(rows // 10, 1)
    written = {
        "0001": (
            f"""INSERT INTO todo (name)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
                SELECT 'Ring the plumber about tap number ' || i FROM n""",
        ),
        "0002": (
            """UPDATE todo SET done = id % 3 = 0, due_on = CASE WHEN id % 2 THEN '2026-03-02' END,
                               category = CASE WHEN id % 4 = 0 THEN CASE id % 3 WHEN 0 THEN 'House '
                                   WHEN 1 THEN 'house ' ELSE ' HOUSE  ' END || (id % 100) END""",
        ),
        "0003": ("UPDATE todo SET created_at = datetime('2026-01-01', '+' || id || ' seconds')",),
        "0006": (
            f"""INSERT INTO users (username, email, created_at)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {users})
                SELECT 'user-' || CASE WHEN i % 100 = 50 THEN i - 7 ELSE i END || 'x',
                       CASE WHEN i % 3 THEN 'mail-' || i || '@example.org' END,
                       datetime('2026-01-01', '+' || i || ' seconds') FROM n""",
        ),
        "0007": (f"UPDATE tasks SET owner_id = 1 + id % {users} WHERE id % 5 <> 0",),
        "0009": ("UPDATE tasks SET priority = 1 + id % 3",),
        "0010": ("UPDATE tasks SET priority = 4 WHERE id % 10 = 0",),
        "0011": (
            "INSERT INTO tags (name, folded) VALUES ('by hand', 'by hand'), ('Haus 4', 'house 4')",
            "INSERT INTO task_tags SELECT id, 1 + (id % 100 = 4) FROM tasks WHERE id % 20 = 4",
        ),
        "0012": ("UPDATE tasks SET category = 'Garden ' || (id % 7) WHERE id % 40 = 0",),
        "0015": (
            "INSERT INTO profiles (user_id, full_name, created_at)"
            " SELECT id, username, created_at FROM users WHERE id % 2",
        ),
        "0016": ("UPDATE tasks SET estimate = 5 + id % 60 WHERE id % 3 = 0",),
        "0017": ("UPDATE tasks SET notes = 'The shop at number ' || id WHERE id % 5 = 0",),
    }
    return written.get(revision, ())


# ---------------------------------------------------------------------------------------- the equality


class NotEqualError(AssertionError):
    """The two ways ended in different databases."""


def must_be_equal(paths: dict[str, Path]) -> None:
    """Raise NotEqualError unless both have the same revision, schema (as the tests compare it) and rows."""
    first, second = paths.values()
    schemas = [history.schema(make_url(f"sqlite:///{path}")) for path in (first, second)]
    if schemas[0] != schemas[1]:
        raise NotEqualError(f"the schemas differ: {schemas[0]} and {schemas[1]}")
    with open_file(first) as connection:
        connection.execute("ATTACH ? AS other", (str(second),))
        if _revision(connection) != _revision(connection, "other"):
            raise NotEqualError("the databases are at different revisions")
        for name in schemas[0]:
            _same_rows(connection, name, schemas[0][name]["primary key"], list(schemas[0][name]["columns"]))


def _revision(connection: sqlite3.Connection, database: str = "main") -> str:
    if not connection.execute(
        f"SELECT 1 FROM {database}.sqlite_master WHERE name = 'alembic_version'"
    ).fetchone():
        return "base"
    found = connection.execute(f"SELECT version_num FROM {database}.alembic_version ORDER BY 1").fetchall()
    return next(revision for revision, heads in by_hand.HEADS.items() if [*zip(heads)] == found)


def _same_rows(connection: sqlite3.Connection, name: str, key: list[str], columns: list[str]) -> None:
    """Compare by the key, in SQLite: a million rows are too many to bring into Python."""
    counts = [
        connection.execute(f"SELECT count(*) FROM {database}.{name}").fetchone()[0]
        for database in ("main", "other")
    ]
    same = " AND ".join(f"a.{column} IS b.{column}" for column in columns)
    [alike] = connection.execute(
        f"SELECT count(*) FROM main.{name} AS a JOIN other.{name} AS b USING ({', '.join(key)}) WHERE {same}"
    ).fetchone()
    if counts != [alike, alike]:
        raise NotEqualError(f"{name} has {counts} rows, of which {alike} are the same")
