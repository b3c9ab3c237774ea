"""env.py: every driver, who decides the URL, passwords that never show, databases that will not open."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
import traceback
from contextlib import closing
from io import StringIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import URL

from taskmaster.database import URL_VARIABLE
from tests.migrations import history
from tests.migrations.history import HEAD
from tests.postgres import PASSWORD

ASYNC = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def current(url: URL | str, *, verbose: bool = False) -> str:
    config = history.config(url)
    config.stdout = StringIO()
    command.current(config, verbose=verbose)
    return config.stdout.getvalue()


# -------------------------------------------------------------------------------- async drivers


def test_an_async_driver_goes_all_the_way_up_and_down(database: URL) -> None:
    url = database.set(drivername=ASYNC[database.get_backend_name()])
    history.upgrade(url, "0007")
    history.fill(database)
    history.upgrade(url)
    assert current(url) == f"{HEAD} (head)\n"
    assert history.revision_of(database) == HEAD
    command.check(history.config(url))

    history.downgrade(url, "base")
    assert history.picture(database) == {}


def test_where_a_loop_is_running_already_an_async_driver_works_too(database: URL) -> None:
    url = database.set(drivername=ASYNC[database.get_backend_name()])

    async def in_a_notebook() -> None:
        history.upgrade(url)

    asyncio.run(in_a_notebook())
    assert history.revision_of(database) == HEAD


def test_a_revision_that_fails_is_undone_through_an_async_driver_too(sqlite: URL) -> None:
    history.made_at(sqlite, "0009")
    history.run(sqlite, "CREATE VIEW broken AS SELECT priority FROM tasks")
    before = history.picture(sqlite)

    with pytest.raises(Exception, match="broken"):
        history.downgrade(sqlite.set(drivername="sqlite+aiosqlite"), "0008")
    assert history.picture(sqlite) == before


# ------------------------------------------------------------------------------- who decides the URL


def test_the_url_comes_from_x_then_the_caller_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = {name: f"sqlite:///{tmp_path / name}.db" for name in ("x", "caller", "environment")}
    monkeypatch.setenv(URL_VARIABLE, urls["environment"])
    config = history.config(urls["caller"])
    config.cmd_opts = argparse.Namespace(x=[f"url={urls['x']}"])
    command.upgrade(config, "0001")
    assert {file.name for file in tmp_path.glob("*.db")} == {"x.db"}

    config.cmd_opts = None
    command.upgrade(config, "0001")
    assert {file.name for file in tmp_path.glob("*.db")} == {"x.db", "caller.db"}

    del config.attributes["url"]
    command.upgrade(config, "0001")
    assert len(list(tmp_path.glob("*.db"))) == 3


def test_an_engine_or_a_connection_may_be_handed_in(database: URL) -> None:
    history.upgrade(history.engine(database), "0005")
    assert history.revision_of(database) == "0005"

    with history.engine(database).connect() as connection:
        history.upgrade(connection)
        assert not connection.closed
    assert history.revision_of(database) == HEAD


def test_stamping_says_where_the_database_is_and_changes_nothing_else(database: URL) -> None:
    history.made_at(database, "0007")
    before = history.picture(database)
    for revision in ("0010", "0003", "base", "0007"):
        command.stamp(history.config(database), revision)
        assert history.revision_of(database) == revision
    command.stamp(history.config(database), "0005", purge=True)

    assert history.revision_of(database) == "0005"
    assert history.picture(database) == before


@pytest.mark.parametrize(
    ("steps", "there"),
    [(["+1"], "0001"), (["+2", "-1"], "0001"), (["0002+3"], "0005"), (["heads", "0010-2"], "0008")],
)
def test_relative_revisions_work(database: URL, steps: list[str], there: str) -> None:
    for step in steps:
        (history.downgrade if "-" in step else history.upgrade)(database, step)
    assert history.revision_of(database) == there


def test_the_loggers_of_an_application_are_not_muted(sqlite: URL) -> None:
    logger = logging.getLogger("an.application")
    history.upgrade(sqlite)

    assert not logger.disabled
    assert logger.isEnabledFor(logging.ERROR)


# ------------------------------------------------------------------------------ passwords and failures


SECRETS = {PASSWORD, quote(PASSWORD), quote_plus(PASSWORD), quote(PASSWORD, safe="")}


def shows_no_password(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+asyncpg"])
def test_a_password_is_never_shown(
    postgres: URL, driver: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    url = postgres.set(drivername=driver)
    history.upgrade(url)
    shown = [current(url, verbose=True)]
    for broken in (
        url.set(username="somebody"),
        url.set(port=1),
        url.set(database="none"),
        url.set(host="no.such.host.invalid"),
        url.set(drivername="postgresql+nosuchdriver"),
        url.set(port=1, password=None, query={"password": PASSWORD}),
    ):
        with pytest.raises(CommandError, match="cannot open") as failure:
            history.upgrade(broken)
        shown.append("".join(traceback.format_exception(failure.value)))

    shown += [caplog.text, *capfd.readouterr()]
    assert "***" in shown[0]
    assert all(map(shows_no_password, shown))


def test_in_a_terminal_a_database_that_cannot_be_opened_is_one_sentence(postgres: URL) -> None:
    written = postgres.set(username="somebody").render_as_string(hide_password=False)
    alembic = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=history.PROJECT,
        env=os.environ | {URL_VARIABLE: written},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert alembic.returncode != 0
    assert alembic.stdout.startswith("FAILED: cannot open postgresql+psycopg://somebody:***@127.0.0.1")
    assert "Traceback" not in alembic.stdout + alembic.stderr
    assert shows_no_password(alembic.stdout + alembic.stderr)


@pytest.mark.parametrize(
    "url", ["tasks.db", "sqlite", "://", f"nonsense:{PASSWORD}", "postgresql://h:port/x"]
)
def test_what_is_no_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(CommandError, match="is not one, like sqlite:///taskmaster"):
        history.upgrade(url)


def test_a_database_that_the_history_does_not_know_is_refused() -> None:
    with pytest.raises(CommandError, match="runs on sqlite and postgresql, not on mysql"):
        history.upgrade("mysql+pymysql://ana@localhost/tasks")


# -------------------------------------------------------------------- files that are not as one expects


@pytest.mark.parametrize("name", ["taskmaster.db", "100%25 what? #1.db"])
def test_asking_where_a_missing_database_is_makes_no_file(sqlite: URL, name: str) -> None:
    folder = Path(sqlite.database or "").parent
    sqlite = sqlite.set(database=str(folder / name))
    for driver in ("sqlite", "sqlite+aiosqlite"):
        assert current(sqlite.set(drivername=driver)) == ""
        with pytest.raises(CommandError, match="not up to date"):
            command.check(history.config(sqlite.set(drivername=driver)))

    assert list(folder.iterdir()) == []


def test_asking_where_a_database_is_changes_no_byte_of_it(sqlite: URL) -> None:
    history.made_at(sqlite, "0007")
    file = Path(sqlite.database or "")
    before = file.read_bytes()

    assert current(sqlite) == "0007\n"
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_database_that_may_only_be_read_can_be_asked_and_refuses_the_rest(sqlite: URL) -> None:
    history.made_at(sqlite, "0007")
    read_only = f"sqlite:///file:{sqlite.database}?mode=ro&uri=true"

    assert current(read_only) == "0007\n"
    with pytest.raises(CommandError, match="may only be read; nothing was changed"):
        history.upgrade(read_only)
    assert history.revision_of(sqlite) == "0007"


def test_while_somebody_writes_one_can_still_ask(sqlite: URL) -> None:
    history.made_at(sqlite, "0007")
    with closing(sqlite3.connect(sqlite.database or "", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE tasks SET title = 'half done'")

        assert current(sqlite) == "0007\n"


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a letter to my aunt" * 100, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_database_is_refused_and_untouched(sqlite: URL, content: bytes) -> None:
    file = Path(sqlite.database or "")
    file.write_bytes(content)

    for go in (history.upgrade, current):
        with pytest.raises(CommandError, match="file is not a database"):
            go(sqlite)
    assert file.read_bytes() == content


def test_a_folder_or_a_missing_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "taskmaster.db"):
        with pytest.raises(CommandError, match="unable to open database file"):
            history.upgrade(f"sqlite:///{path}")
