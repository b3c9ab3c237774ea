"""A migration that fails, or is killed, at any place leaves the database exactly where it was.

Every revision is tried upwards and downwards, with rows in every table: an exception before every
statement and before COMMIT, SIGKILL at the same places, and both in the middle of statements.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import URL

from tests.migrations import history
from tests.migrations.history import HEAD, STEPS
from tests.migrations.victim import MOVES, Victim

# (the place it starts from, the move, what Alembic is told, the place it comes to)
Way = tuple[str, str, str, str]
TRIPS: list[Way] = [(step.before, "upgrade", step.revision, step.after) for step in STEPS] + [
    (step.after, "downgrade", step.down, step.before) for step in STEPS
]
WHOLE_WAY: list[Way] = [
    ("0001", "upgrade", "head", HEAD),
    ("0015", "upgrade", "heads", HEAD),
    (HEAD, "downgrade", "0015", "0015"),
    (HEAD, "downgrade", "base", "base"),
]


def name(way: Way) -> str:
    start, move, _, goal = way
    return f"{start}-{move}-{goal}"


need_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="killing at a chosen statement needs os.fork")


class Fault(Exception):  # noqa: N818  (it is nobody's error)
    """What the tests throw."""


# -------------------------------------------------------------------------------------------- SQLite


class Trip:
    """One way through the history on SQLite, to be interrupted again and again."""

    def __init__(
        self, folder: Path, start: str, move: str, told: str, goal: str, *, more_tasks: int = 0
    ) -> None:
        self.move, self.told, self.goal = move, told, goal
        self.is_long = (start, move, told, goal) in WHOLE_WAY
        self.half_written = 0
        self.original = folder / "original.db"
        history.made_at(url_of(self.original), start)
        if more_tasks:
            history.run(
                url_of(self.original),
                f"""
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {more_tasks})
                INSERT INTO tasks (title, owner_id) SELECT 'task ' || i, 1 FROM n""",
            )
        if start == "base":
            self.original.touch()
        self.copy = folder / "trip" / "taskmaster.db"
        self.copy.parent.mkdir()

        MOVES[move](self.fresh_copy(), told)
        self.arrived = stored(self.copy)
        self.fresh_copy()
        self.check_nothing_happened()
        check_it_is_whole(self.copy)

    def fresh_copy(self) -> URL:
        for file in self.copy.parent.iterdir():
            file.unlink()
        shutil.copyfile(self.original, self.copy)
        return url_of(self.copy)

    def check_nothing_happened(self) -> None:
        """The file is what it was, byte for byte, and alone in its folder.

        So it is at the revision where it started, with the same schema and rows, and it has the same
        future: that it is whole, and that the next upgrade succeeds, is tried once, with the original.
        """
        original = self.original.read_bytes()
        half_written = self.copy.read_bytes() != original
        open_as_the_next_program(self.copy)
        as_it_was = self.copy.read_bytes() == original
        assert as_it_was  # not written as one: in CI pytest would compare whole files letter by letter
        self.half_written += half_written
        write_as_the_next_program(self.copy)
        assert list(self.copy.parent.iterdir()) == [self.copy]

    def check_all_happened(self) -> None:
        open_as_the_next_program(self.copy)
        assert history.revision_of(url_of(self.copy)) == self.goal
        assert stored(self.copy) == self.arrived
        write_as_the_next_program(self.copy)
        assert list(self.copy.parent.iterdir()) == [self.copy]
        check_it_is_whole(self.copy)

    def check_all_or_nothing(self) -> bool:
        """Return whether all happened; fails where it is neither."""
        try:
            self.check_nothing_happened()
        except AssertionError:
            self.check_all_happened()
            return True
        return False


def url_of(path: Path) -> URL:
    return sa.make_url(f"sqlite:///{path}")


def open_as_the_next_program(path: Path) -> None:
    """Read the file; SQLite first undoes what a killed program left half-written, from its journal."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()


def write_as_the_next_program(path: Path) -> None:
    """Write the file; a journal that a killed program had begun, but not needed yet, goes with it."""
    if list(path.parent.iterdir()) == [path]:
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")
        connection.execute("PRAGMA user_version = 0")


def check_it_is_whole(path: Path) -> None:
    """SQLite finds nothing wrong, and the next upgrade brings it to the schema of the models."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    history.upgrade(url_of(path))
    command.check(history.config(url_of(path)))


def stored(path: Path) -> dict[str, Any]:
    """Everything a SQLite file holds: the text of its schema, and all rows of all tables by value."""
    connection = sqlite3.connect(path)
    found: dict[str, Any] = dict(connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name"))
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    connection.close()
    with history.engine(url_of(path)).connect() as rows:
        for table in tables:
            if table == "alembic_version":
                found["revision"] = history.revision_of(url_of(path))
            elif not table.startswith("sqlite_"):
                found[f"rows of {table}"] = history.rows_of(rows, table)
    return found


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Trip]:
    """Trips take a while to prepare, so each is prepared once."""
    return cache(lambda *way: Trip(tmp_path_factory.mktemp("trip"), *way))


@pytest.fixture(params=TRIPS, ids=name)
def trip(request: pytest.FixtureRequest, trips: Callable[..., Trip]) -> Trip:
    return trips(*request.param)


@pytest.fixture(params=[*TRIPS, *WHOLE_WAY], ids=name)
def long_trip(request: pytest.FixtureRequest, trips: Callable[..., Trip]) -> Trip:
    return trips(*request.param)


def throw_before(engine: sa.Engine, number: int, *, changes_only: bool = False) -> None:
    """Throw a Fault before the Nth statement or COMMIT; CHANGES_ONLY does not count questions."""
    numbers = iter(range(1, number))

    def count(_connection: object, _cursor: object = None, statement: str = "", *_: object) -> None:
        question = changes_only and statement.lstrip().startswith("SELECT")
        if not question and next(numbers, None) is None:
            raise Fault

    sa.event.listen(engine, "before_cursor_execute", count)
    sa.event.listen(engine, "commit", count)


def test_an_exception_before_any_statement_or_commit_undoes_the_whole_migration(long_trip: Trip) -> None:
    trip = long_trip
    places = 0
    while True:
        engine = history.engine(trip.fresh_copy())
        throw_before(engine, places + 1)
        try:
            MOVES[trip.move](engine, trip.told)
        except Fault:
            trip.check_nothing_happened()
        else:
            break
        places += 7 if trip.is_long else 1  # the long ways are the same places

    trip.check_all_happened()
    assert places > 5


def test_an_exception_in_the_middle_of_statements_undoes_the_whole_migration(long_trip: Trip) -> None:
    trip = long_trip
    interrupted = 0
    for steps in (1, 7, 50, 400, 3000):
        engine = history.engine(trip.fresh_copy())

        @sa.event.listens_for(engine, "connect")
        def interrupt(driver: sqlite3.Connection, _record: object, steps: int = steps) -> None:
            driver.set_progress_handler(lambda: 1, steps)

        try:
            MOVES[trip.move](engine, trip.told)
        except Exception as error:
            assert "interrupted" in str(error)  # noqa: PT017  (a short way may get through)
            interrupted += 1
            trip.check_nothing_happened()
        else:
            trip.check_all_happened()
    assert interrupted


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    with Victim() as victim:
        yield victim


@need_fork
def test_killed_before_any_statement_the_database_is_at_one_revision(trip: Trip, victim: Victim) -> None:
    happened: list[bool] = []
    while victim(trip.fresh_copy(), trip.move, trip.told, statement=len(happened) + 1):
        happened.append(trip.check_all_or_nothing())

    # What comes after COMMIT is tidying up: keys and timeout as they were.
    assert happened == [False] * happened.count(False) + [True] * happened.count(True)
    assert happened.count(False) > 5 > happened.count(True)
    if trip.goal == "0010":  # a long one: at some places the file itself was already half new
        assert trip.half_written > 5


@need_fork
def test_killed_in_the_middle_of_statements_the_database_is_at_one_revision(
    long_trip: Trip, victim: Victim
) -> None:
    trip = long_trip
    killed = 0
    for steps in [*range(1, 40, 6), *range(40, 4000, 500)]:
        if not victim(trip.fresh_copy(), trip.move, trip.told, steps=steps):
            break
        trip.check_all_or_nothing()
        killed += 1
    assert killed


@need_fork
def test_killed_in_the_middle_of_copying_many_rows_the_database_is_at_one_revision(
    tmp_path: Path, victim: Victim
) -> None:
    trip = Trip(tmp_path, "0009", "upgrade", "head", HEAD, more_tasks=5000)
    for steps in range(20_000, 200_000, 10_000):
        if victim(trip.fresh_copy(), trip.move, trip.told, steps=steps):
            trip.check_all_or_nothing()

    assert trip.half_written > 5


# ---------------------------------------------------------------------------------------- PostgreSQL


def stored_by_postgresql(url: URL) -> list[str]:
    """Everything that is ours in a PostgreSQL database: the catalog's view of the schema, and all rows."""
    with history.engine(url).connect() as connection:
        seen = connection.scalars(
            sa.text("""
            SELECT attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || ' '
                   || attnotnull || coalesce(pg_get_expr(adbin, adrelid), '')
              FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
              LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
             WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
            UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                       WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            ORDER BY 1""")
        ).all()
        tables = connection.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in sorted(tables):
            seen = [*seen, *connection.scalars(sa.text(f"SELECT t::text FROM {table} AS t ORDER BY 1"))]
        return [*seen]


@pytest.mark.parametrize(("start", "move", "told", "goal"), TRIPS, ids=map(name, TRIPS))
def test_on_postgresql_an_exception_before_any_change_or_commit_undoes_the_revision(
    postgres: URL, start: str, move: str, told: str, goal: str
) -> None:
    before = stored_by_postgresql(history.made_at(postgres, start))
    places = 0
    while stored_by_postgresql(postgres) == before:
        places += 1
        engine = history.engine(postgres)
        throw_before(engine, places, changes_only=True)
        with suppress(Fault):
            MOVES[move](engine, told)

    assert places > 2
    assert history.revision_of(postgres) == goal
    history.upgrade(postgres)
    command.check(history.config(postgres))


@need_fork
@pytest.mark.parametrize(
    ("start", "move", "goal"),
    [("0007", "upgrade", "0008"), ("0010", "downgrade", "0009"), ("0012", "upgrade", "0013")],
)
def test_on_postgresql_killed_before_any_statement_the_revision_is_undone(
    postgres: URL, victim: Victim, start: str, move: str, goal: str
) -> None:
    before = stored_by_postgresql(history.made_at(postgres, start))
    places = 0
    while stored_by_postgresql(postgres) == before:
        places += 1
        victim(postgres, move, goal, statement=places)

    assert places > 5
    assert history.revision_of(postgres) == goal
    history.upgrade(postgres)
    command.check(history.config(postgres))
