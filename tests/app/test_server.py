"""The same app on a PostgreSQL server: what is different there, and what must not be."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, event

from taskmaster import cli, database
from taskmaster.database import URL_VARIABLE
from tests.app.conftest import App
from tests.app.databases import Databases
from tests.migrations import history


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


@pytest.fixture
def busy(server: App, monkeypatch: pytest.MonkeyPatch) -> App:
    """One that waits for nobody, with a task."""
    server("db upgrade")
    server.ok("add Water")
    monkeypatch.setattr(database, "WAIT", 0.05)
    return server


@contextmanager
def transaction(server: App, statement: str) -> Iterator[None]:
    """Somebody who has begun something and does not end it."""
    with history.engine(server.url).begin() as connection:
        connection.exec_driver_sql(statement)
        yield


ONE_WRITES = f"SELECT pg_advisory_xact_lock({database.WRITE_LOCK})"


@pytest.mark.parametrize(
    ("statement", "calls"),
    [
        (ONE_WRITES, ["add Tea", "done 1", "rm 1", "user add ana"]),
        ("UPDATE tasks SET title = 'Wine'", ["done 1", "edit 1 --title Tea"]),  # by another program
        ("LOCK TABLE tasks", ["list", "", "add Tea", "export", "db status"]),  # as a migration may
    ],
)
def test_a_server_that_is_busy_for_too_long_is_said_so(busy: App, statement: str, calls: list[str]) -> None:
    with transaction(busy, statement):
        for call in calls:
            assert busy.refuses(call) == (
                f"{database.where(str(busy.url))} is locked by another program. "
                "Nothing was changed; try again in a moment.\n"
            )
    assert [task["title"] for task in busy.json("list")] in (["Water"], ["Wine"])


def test_who_reads_waits_for_nobody_who_writes(busy: App) -> None:
    with transaction(busy, ONE_WRITES), transaction(busy, "UPDATE tasks SET title = 'Wine'"):
        assert busy.json("list")[0]["title"] == "Water"


def test_an_export_is_of_one_moment(busy: App, monkeypatch: pytest.MonkeyPatch) -> None:
    people = cli.transfer.people

    def meanwhile(session: object) -> object:
        found = people(session)
        history.run(busy.url, "INSERT INTO users (username) VALUES ('ana')", "UPDATE tasks SET owner_id = 1")
        return found

    monkeypatch.setattr(cli.transfer, "people", meanwhile)
    assert '"owner_id": null' in busy.ok("export")


@pytest.mark.parametrize(
    ("change", "call", "said"),
    [
        ("SET default_transaction_read_only = on", "add Tea", " is read-only. Nothing was changed."),
        (
            "SET statement_timeout = '10ms'",
            "add Tea",
            " refused: canceling statement due to statement timeout. Nothing was changed.",
        ),
    ],
)
def test_what_a_server_is_told_to_refuse_is_one_sentence(
    busy: App, monkeypatch: pytest.MonkeyPatch, change: str, call: str, said: str
) -> None:
    history.run(
        busy.url,
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(1); RETURN NEW; END'",
        "CREATE TRIGGER wait BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION wait()",
        f'ALTER DATABASE "{busy.url.database}" {change}',
    )
    answer = busy.refuses(call)
    assert said in answer
    assert len(answer.splitlines()) == 1
    assert [task["title"] for task in busy.json("list")] == ["Water"]


def test_a_user_who_may_only_read_can_read(busy: App, monkeypatch: pytest.MonkeyPatch) -> None:
    history.run(
        busy.url,
        "CREATE ROLE reader LOGIN PASSWORD 's3%cret'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    reader = busy.url.set(username="reader", password="s3%cret")
    try:
        monkeypatch.setenv(URL_VARIABLE, reader.render_as_string(hide_password=False))
        assert "Water" in busy.ok("list")
        for call in ("add Tea", "done 1", "rm 1"):
            said = busy.refuses(call)
            assert "The user of the URL may not do that in " in said
            assert "cret" not in said
            assert len(said.splitlines()) == 1
    finally:
        history.run(busy.url, "DROP OWNED BY reader", "DROP ROLE reader")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"password": "s3%cret"}, 'password authentication failed for user "taskmaster"'),
        ({"username": "nobody"}, 'password authentication failed for user "nobody"'),
        ({"database": "not%there"}, 'database "not%there" does not exist'),
        ({"port": 1}, "Connection refused"),
        ({"query": {"sslmode": "require"}}, "server does not support SSL"),
    ],
)
def test_a_server_that_lets_nobody_in_is_one_sentence(
    server: App, monkeypatch: pytest.MonkeyPatch, parts: dict[str, str], said: str
) -> None:
    url = server.url.set(**parts)
    monkeypatch.setenv(URL_VARIABLE, url.render_as_string(hide_password=False))
    for call in ("list", "db upgrade"):
        answer = server.refuses(call)
        assert answer.startswith(f"Cannot reach the database {database.where(str(url))}: ")
        assert said in answer
        assert len(answer.splitlines()) == 1
        assert str(url.password) not in answer


# As PostgreSQL says it while it starts: severity, code, message.
STARTING = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b"E" + (len(STARTING) + 4).to_bytes(4, "big") + STARTING, "the database system is starting up"),
        (b"", "server closed the connection unexpectedly"),
    ],
)
def test_a_server_that_is_not_ready_is_one_sentence(
    nowhere: App, monkeypatch: pytest.MonkeyPatch, reply: bytes, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            caller, _ = listening.accept()
            with caller:
                caller.recv(1000)
                caller.sendall(reply)

        threading.Thread(target=answer, daemon=True).start()
        place = f"127.0.0.1:{listening.getsockname()[1]}/tasks"
        monkeypatch.setenv(URL_VARIABLE, f"postgresql://me:s3cret@{place}?sslmode=disable")
        assert nowhere.refuses("list").startswith(
            f"Cannot reach the database postgresql://me:***@{place}: {said}"
        )


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("INSERT INTO tasks", "Nothing was changed; try again in a moment."),
        ("COMMIT", "Look whether it is done."),
    ],
)
def test_a_server_that_goes_away_in_the_middle_is_one_sentence(
    busy: App, monkeypatch: pytest.MonkeyPatch, moment: str, said: str
) -> None:
    engine = database._engine

    def goes_away(url: str, *, writing: bool) -> object:
        made = engine(url, writing=writing)

        def go(*arguments: object) -> None:
            if moment == "COMMIT" or str(arguments[2]).startswith(moment):
                pids = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                history.run(
                    busy.url,
                    f"SELECT pg_terminate_backend(pid) FROM ({pids}) AS p WHERE pid <> pg_backend_pid()",
                )

        event.listen(made, "commit" if moment == "COMMIT" else "before_cursor_execute", go)
        return made

    with monkeypatch.context() as patched:
        patched.setattr(database, "_engine", goes_away)
        answer = busy.refuses("add Tea")
    assert answer.startswith(f"The connection to {database.where(str(busy.url))} was lost")
    assert answer.endswith(f"{said}\n")
    assert len(answer.splitlines()) == 1
    assert [task["title"] for task in busy.json("list")] == ["Water"]


@pytest.mark.parametrize(
    ("before", "move", "to", "said"),
    [
        ("0015", history.upgrade, "0016", ""),
        ("0012", history.upgrade, "0013", "column tasks.category does not exist"),
        ("0013", history.upgrade, "0014", "or a migration did so just now"),
        ("0006", history.downgrade, "0005", "or a migration did so just now"),
    ],
)
def test_who_waited_for_a_migration_reads_all_there_is_or_is_told_to_try_again(
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    move: Callable[[Connection, str], None],
    to: str,
    said: str,
) -> None:
    kept = databases.at(before)
    monkeypatch.setenv(URL_VARIABLE, kept.url.render_as_string(hide_password=False))
    app = App(kept.url)
    app.ok("add Water")
    with ThreadPoolExecutor() as pool, history.engine(kept.url).connect() as connection:
        with connection.begin():
            move(connection, to)
            reading = pool.submit(app, "list")
            while not reading.done() and not _somebody_waits(connection):
                time.sleep(0.01)
        answer = reading.result()
    if said:
        assert (answer.status, answer.out) == (1, "")
        assert said in answer.err
        assert "try again" in answer.err
    else:
        assert "Water" in answer.out


def _somebody_waits(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar())
