"""The same app on a PostgreSQL server: what is different there, and what must not be."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL

from taskmaster.database import URL_VARIABLE
from tests.app.conftest import App


@pytest.fixture
def server(postgres: URL, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv(URL_VARIABLE, postgres.render_as_string(hide_password=False))
    return App(postgres)


def test_a_server_goes_from_nothing_to_a_list(server: App) -> None:
    assert server.refuses("add Water").startswith('"add" needs revision 0001 (create table todo)')
    said = server("db upgrade")
    assert said.err == "The database is on a server: no backup is made here (pg_dump makes one).\n"
    assert "0008  make usernames unique\n" in said.out
    assert "Backup" not in said.out
    assert server("db upgrade").err == ""

    server.ok("user add ana")
    server.ok("add Water --priority urgent --owner ana --due fri")
    server.ok("add Tea")
    assert [task["title"] for task in server.json("list")] == ["Water", "Tea"]
    before = server.ok("export")
    server.ok(server.ok("rm 1-2").splitlines()[-1].removeprefix("Undo: taskmaster "))
    assert server.ok("export") == before
    assert server.ok("add Salt").startswith("Added 3: ")  # the sequence knows of ids that were given

    assert "pg_dump" in server.refuses("db backup")
    assert "pg_dump" in server.refuses("db restore x.db")
    for call in ("db path", "db status"):
        assert "***" in server.ok(call)
    assert [path.name for path in Path().iterdir()] == ["backups"]


def test_a_table_that_goes_meanwhile_is_said_so(server: App) -> None:
    server("db upgrade")
    server.sql("ALTER TABLE tasks DROP COLUMN due_on")
    said = server.refuses("list")
    assert "are not what its revision says, or changed just now" in said
    assert len(said.splitlines()) == 1
