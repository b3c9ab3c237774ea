"""`--sql`: a script of the same steps, run by somebody else's program, ends in the same schema and rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import URL

from tests import postgres as pg
from tests.migrations import history
from tests.migrations.history import HEAD

MOVES = {"upgrade": (command.upgrade, history.upgrade), "downgrade": (command.downgrade, history.downgrade)}
# 0012 and 0013 fold words in Python, so the way up is two scripts, with two steps by Alembic in between.
# Their downgrades fold nothing: the way down is one script.
TRIPS = [
    ("base", "upgrade", "0011"),
    ("0001", "upgrade", "0011"),
    ("0006", "upgrade", "0009"),
    ("0007", "upgrade", "0011"),
    ("0013", "upgrade", HEAD),
    ("0015", "upgrade", "0017"),
    ("0017", "upgrade", "0018"),
    (HEAD, "downgrade", "base"),
    (HEAD, "downgrade", "0001"),
    (HEAD, "downgrade", "0015"),
    ("0013", "downgrade", "0011"),
    ("0009", "downgrade", "0006"),
]


def script(url: URL, move: str, start: str, goal: str) -> str:
    """What `alembic upgrade START:GOAL --sql` prints."""
    config = history.config(url)
    config.output_buffer = StringIO()
    MOVES[move][0](config, f"{start}:{goal}", sql=True)
    return config.output_buffer.getvalue()


def run_by_sqlite(url: URL, statements: str, *, keys: bool = True) -> bool:
    """Run a script as a program does that has foreign keys on or off; return how it has them afterwards."""
    assert url.database
    with closing(sqlite3.connect(url.database)) as connection:
        connection.execute(f"PRAGMA foreign_keys = {keys}")
        connection.executescript(statements)
        return bool(connection.execute("PRAGMA foreign_keys").fetchone()[0])


def run_by_postgresql(url: URL, statements: str) -> None:
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statements.encode())


@pytest.mark.parametrize(("start", "move", "goal"), TRIPS)
@pytest.mark.parametrize("keys", [True, False], ids=["keys on", "keys off"])
def test_a_script_for_sqlite_does_what_alembic_does(
    sqlite: URL, start: str, move: str, goal: str, keys: bool
) -> None:
    history.made_at(sqlite, start)
    twin = history.made_at(sqlite.set(database=f"{sqlite.database}.twin"), start)

    assert run_by_sqlite(sqlite, script(sqlite, move, start, goal), keys=keys)
    MOVES[move][1](twin, goal)

    assert history.revision_of(sqlite) == goal
    assert history.picture(sqlite) == history.picture(twin)
    history.upgrade(sqlite)
    command.check(history.config(sqlite))


@pytest.mark.parametrize(("start", "move", "goal"), TRIPS)
def test_a_script_for_postgresql_does_what_alembic_does(
    postgres: URL, postgres_server: pg.Server, start: str, move: str, goal: str
) -> None:
    history.made_at(postgres, start)
    assert postgres.database
    twin = postgres_server.new_database(template=postgres.database)

    run_by_postgresql(postgres, script(postgres, move, start, goal))
    MOVES[move][1](twin, goal)

    assert history.revision_of(postgres) == goal
    assert history.picture(postgres) == history.picture(twin)
    history.upgrade(postgres)
    command.check(history.config(postgres))
    postgres_server.drop(twin)


@pytest.mark.parametrize(("name", "run"), [("sqlite", run_by_sqlite), ("postgres", run_by_postgresql)])
def test_a_script_that_fails_changes_nothing_of_the_step_that_failed(
    request: pytest.FixtureRequest, name: str, run: Callable[[URL, str], None]
) -> None:
    url: URL = request.getfixturevalue(name)
    history.made_at(url, "0009")
    before = history.picture(url)

    with pytest.raises((sqlite3.Error, psycopg.Error)):
        run(url, script(url, "upgrade", "0009", "0010").replace("COMMIT;", "SELECT nonsense; COMMIT;"))

    assert history.picture(url) == before
    assert history.revision_of(url) == "0009"


@pytest.mark.parametrize("revision", ["0012", "0013"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_step_that_folds_words_says_that_it_cannot_be_a_script(database: URL, revision: str) -> None:
    below = f"{int(revision) - 1:04}"
    for start, goal in [(below, revision), ("base", "head")] if revision == "0012" else [(below, revision)]:
        with pytest.raises(CommandError, match=f"^{revision} folds words in Python.*run it on the database$"):
            script(database, "upgrade", start, goal)


def test_writing_a_script_opens_no_database(sqlite: URL) -> None:
    assert "CREATE TABLE todo" in script(sqlite, "upgrade", "base", "0001")
    unreachable = URL.create("postgresql+psycopg", "nobody", host="127.0.0.1", port=1, database="none")
    assert "CREATE TABLE todo" in script(unreachable, "upgrade", "base", "0001")

    assert not Path(sqlite.database or "").exists()
