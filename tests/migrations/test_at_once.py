"""Several deployers run `alembic upgrade head` at the same time: all succeed, and each revision runs once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from sqlalchemy import URL

from migrations import postgresql_safety, sqlite_safety
from taskmaster.database import URL_VARIABLE
from tests.migrations import history
from tests.migrations.history import HEAD, REVISIONS


def start(url: URL, *command: str) -> subprocess.Popen[str]:
    """Start Alembic in a terminal of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *command],
        cwd=history.PROJECT,
        env=os.environ | {URL_VARIABLE: url.render_as_string(hide_password=False)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("deployers", [2, 8])
def test_all_deployers_succeed_and_each_revision_runs_once(database: URL, deployers: int) -> None:
    history.made_at(database, "0001")
    with ExitStack() as terminals:
        together = [terminals.enter_context(start(database, "upgrade", "head")) for _ in range(deployers)]
        logs = [process.communicate(timeout=120)[0] for process in together]

    assert [process.returncode for process in together] == [0] * deployers, logs
    ran = Counter(revision for log in logs for revision in re.findall(r" -> (\w+)", log))
    assert ran == dict.fromkeys(REVISIONS[1:], 1)
    assert history.revision_of(database) == HEAD
    assert len(history.rows(database)["tasks"]) == len(history.TASKS)


# ------------------------------------------------------------- somebody who never comes to an end


def held_sqlite(url: URL) -> sa.Connection:
    connection = history.engine(url).connect()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    return connection


def held_postgresql(url: URL) -> sa.Connection:
    connection = history.engine(url).connect()
    connection.execute(sa.select(sa.func.pg_advisory_lock(postgresql_safety.KEY)))
    connection.commit()
    return connection


@pytest.mark.parametrize(
    ("name", "hold", "safety"),
    [("sqlite", held_sqlite, sqlite_safety), ("postgres", held_postgresql, postgresql_safety)],
)
def test_waiting_for_another_migration_ends_with_a_sentence(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    hold: Callable[[URL], sa.Connection],
    safety: Any,
) -> None:
    url: URL = request.getfixturevalue(name)
    history.made_at(url, "0001")
    with hold(url):
        monkeypatch.setattr(safety, "WAIT", 0.2)
        with pytest.raises(CommandError, match="another"):
            history.upgrade(url)
        assert history.revision_of(url) == "0001"

    history.upgrade(url)
    assert history.revision_of(url) == HEAD
