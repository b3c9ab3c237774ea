"""What all tests may ask for: databases of their own, and never the one of the person who runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from taskmaster.database import URL_VARIABLE
from tests import postgres as pg


def pytest_configure(config: pytest.Config) -> None:
    """Keep pytest-alembic from collecting its tests by itself: its way to do so breaks pytest 9.2.

    tests/migrations imports them instead.
    """
    config.option.pytest_alembic_tests_path = "nowhere"


@pytest.fixture(autouse=True)
def _not_your_own_tasks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever a test forgets to say, it never meets the taskmaster.db of the checkout."""
    monkeypatch.setenv(URL_VARIABLE, f"sqlite:///{tmp_path / 'taskmaster.db'}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[pg.Server]:
    """A PostgreSQL server, started when the first test asks (once for each worker of pytest-xdist)."""
    try:
        with pg.server() as server:
            yield server
    except pg.CannotRunHereError as error:
        pytest.skip(f"no PostgreSQL on this platform: {error}")


@pytest.fixture
def postgres(postgres_server: pg.Server) -> Iterator[URL]:
    """A fresh, empty PostgreSQL database; its password has characters that URLs and ini files trip over."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def sqlite(tmp_path: Path) -> URL:
    """Where a fresh SQLite database will be; the file is not there yet."""
    folder = tmp_path / "database"
    folder.mkdir()
    return make_url(f"sqlite:///{folder / 'taskmaster.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> URL:
    """A fresh database, once on SQLite and once on PostgreSQL."""
    url: URL = request.getfixturevalue({"postgresql": "postgres"}.get(request.param, request.param))
    return url
