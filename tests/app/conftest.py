"""taskmaster on databases at any revision, of SQLite and of PostgreSQL.

Whatever asks for `at` or `app` runs on both, unless it is marked as being about SQLite, with the reason.
"""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, inspect, make_url

from taskmaster import cli, database, mapping, upkeep
from taskmaster.clock import NOW_VARIABLE
from taskmaster.database import URL_VARIABLE
from tests.app.databases import Database, Databases
from tests.migrations import history
from tests.postgres import Server

NOW = "2026-03-02T09:00:00+00:00"  # a Monday

only_sqlite = pytest.mark.only_sqlite


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on both databases what asks for one, or say why not."""
    if "at" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("only_sqlite")
        assert mark is None or mark.args, f"{metafunc.definition.nodeid} does not say why"
        both = ["sqlite"] if mark else ["sqlite", "postgresql"]
        metafunc.parametrize("at", both, indirect=True)


@dataclass(frozen=True)
class Said:
    """What one call printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class App:
    """Calls taskmaster in this process, on one database."""

    def __init__(self, url: URL, kept: Database | None = None) -> None:
        self.url = url
        self.kept = kept

    def __call__(self, line: str | list[str]) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.run(shlex.split(line) if isinstance(line, str) else line)
        return Said(status, out.getvalue(), err.getvalue())

    def ok(self, line: str | list[str]) -> str:
        """What a call printed that must succeed."""
        said = self(line)
        assert (said.status, said.err) == (0, ""), said
        return said.out

    def json(self, line: str) -> Any:
        return json.loads(self.ok(f"{line} --json"))

    def refuses(self, line: str | list[str], status: int = 1) -> str:
        """What a call said that must fail, and print nothing else."""
        said = self(line)
        assert (said.status, said.out) == (status, ""), said
        assert "Traceback" not in said.err
        return said.err

    def sql(self, *statements: str) -> list[Any]:
        return history.run(self.url, *statements)

    def contents(self) -> dict[str, list[str]]:
        """Every row of every table, by value; SQLite may write a moment with its fractions or without."""
        tables = inspect(history.engine(self.url)).get_table_names()
        return {
            name: sorted(
                str([str(value).removesuffix(".000000") for value in row])
                for row in self.sql(f"SELECT * FROM {name}")
            )
            for name in tables
        }

    def save(self) -> Any:
        """All that is in it, for `load`."""
        return self.kept.save() if self.kept else self.file.read_bytes()

    def load(self, saved: Any) -> None:
        """Put back what `save` gave, into a database of the same kind and revision that is empty."""
        if self.kept:
            self.kept.load(saved)
        else:
            self.file.write_bytes(saved)

    @property
    def is_a_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def place(self) -> str:
        """The database in a message."""
        return database.where(self.url.render_as_string(hide_password=False))

    @property
    def file(self) -> Path:
        assert self.url.database
        return Path(self.url.database)


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same clock, width and folder for every test."""
    monkeypatch.setenv(NOW_VARIABLE, NOW)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(upkeep, "BACKUPS", tmp_path / "backups")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite does not wait for the disk; these files live as long as the test."""
    connect = database.connect

    def connect_fast(path: Path, *, wait: float = database.WAIT) -> sqlite3.Connection:
        connection = connect(path, wait=wait)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    monkeypatch.setattr(database, "connect", connect_fast)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A SQLite file at a revision, or at two ("0016 and 0017"), to be copied."""
    folder = tmp_path_factory.mktemp("templates")

    def template(revision: str) -> Path:
        path = folder / f"{revision}.db"
        if not path.exists():
            part = path.with_suffix(".part")
            for target in ["0001"] if revision == "base" else revision.split(" and "):
                history.upgrade(make_url(f"sqlite:///{part}"), target)
            if revision == "base":
                history.downgrade(make_url(f"sqlite:///{part}"), "base")
            part.rename(path)
        return path

    return template


@pytest.fixture(scope="session")
def databases(postgres_server: Server) -> Iterator[Databases]:
    """Databases on a PostgreSQL server, each at a revision, which are emptied and used again."""
    made = Databases(postgres_server)
    yield made
    made.close()


@pytest.fixture
def at(
    request: pytest.FixtureRequest,
    templates: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[[str], App]:
    """`at("0004")`: taskmaster on a database there, without rows. "0016 and 0017" is both."""
    if request.param == "sqlite":

        def app_at(revision: str) -> App:
            shutil.copy(templates(revision), tmp_path / "taskmaster.db")
            return App(make_url(f"sqlite:///{tmp_path / 'taskmaster.db'}"))

        return app_at

    databases: Databases = request.getfixturevalue("databases")
    databases.keep_connections(monkeypatch)

    def app_on_server(revision: str) -> App:
        kept = databases.at(revision)
        monkeypatch.setenv(URL_VARIABLE, kept.url.render_as_string(hide_password=False))
        return App(kept.url, kept)

    return app_on_server


@pytest.fixture(params=["declared", "as found"])
def app(request: pytest.FixtureRequest, at: Callable[[str], App], monkeypatch: pytest.MonkeyPatch) -> App:
    """taskmaster at head: once with its declared classes, once with those it maps for older databases."""
    if request.param == "as found":
        monkeypatch.setattr(mapping, "is_declared", lambda _schema: False)
    return at(history.HEAD)


@pytest.fixture
def nowhere(tmp_path: Path) -> App:
    """taskmaster where there is no database yet."""
    return App(make_url(f"sqlite:///{tmp_path / 'taskmaster.db'}"))
