"""Whatever stands where the database should be: one sentence, exit 1, and it stays as it was, to the byte."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from taskmaster import cli, database
from taskmaster.database import URL_VARIABLE
from tests.app.conftest import App, only_sqlite

At = Callable[[str], App]

CALLS = ["list", "", "add Water", "add Water --due fri", "done 1", "rm 1", "show 1", "stats", "user add bo",
         "user list", "export", "db status", "db backup", "db upgrade"]  # fmt: skip
every_call = pytest.mark.parametrize("call", CALLS)


def everything_in(folder: Path) -> dict[str, str]:
    """Each file below FOLDER with a hash of what it holds; a folder that is empty does not count."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refuses(app: App, call: str, folder: Path) -> str:
    before = everything_in(folder)
    said = app.refuses(call)
    assert everything_in(folder) == before
    return said


@pytest.fixture
def foreign(tmp_path: Path, nowhere: App) -> App:
    with closing(sqlite3.connect(nowhere.file)) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    return nowhere


@every_call
def test_somebody_elses_database_is_left_alone(foreign: App, tmp_path: Path, call: str) -> None:
    assert refuses(foreign, call, tmp_path) == (
        "taskmaster.db has tables, but not the table alembic_version: no migration of taskmaster's made it. "
        "Nothing was changed.\n"
    )


@every_call
def test_a_newer_database_is_left_alone(at: At, tmp_path: Path, call: str) -> None:
    app = at("0010")
    app.sql("UPDATE alembic_version SET version_num = '0042'")
    if call == "db backup":
        if not app.is_a_file:
            return
        assert "Backup: backups/taskmaster-unknown-20260302-090000.db" in app.ok(call)
        return
    assert refuses(app, call, tmp_path) == (
        f"{app.place} is at revision 0042, which this taskmaster does not know. "
        "A newer taskmaster made it, or it belongs to another program. Nothing was changed.\n"
    )


@every_call
def test_what_is_no_database_is_left_alone(nowhere: App, tmp_path: Path, call: str) -> None:
    nowhere.file.write_bytes(b"Dear diary, today I did nothing at all. " * 50)
    assert refuses(nowhere, call, tmp_path) == "taskmaster.db is not a SQLite database. It was not touched.\n"


@every_call
def test_a_folder_is_no_database(nowhere: App, tmp_path: Path, call: str) -> None:
    nowhere.file.mkdir()
    assert refuses(nowhere, call, tmp_path) == "taskmaster.db is a folder, not a database.\n"


@every_call
def test_a_folder_that_is_missing_is_not_made(
    monkeypatch: pytest.MonkeyPatch, nowhere: App, call: str
) -> None:
    monkeypatch.setenv(URL_VARIABLE, "sqlite:///nobody/made/me.db")
    assert nowhere.refuses(call) == "There is no folder nobody/made for the database me.db. Make it first.\n"
    assert not Path("nobody").exists()


@every_call
def test_an_empty_file_is_at_base_and_stays_empty(nowhere: App, call: str) -> None:
    nowhere.file.touch()
    if call.startswith("db"):
        return
    assert "needs revision 000" in nowhere.refuses(call)
    assert nowhere.file.stat().st_size == 0


def test_an_empty_file_can_be_upgraded(nowhere: App) -> None:
    nowhere.file.touch()
    nowhere.ok("db upgrade")
    assert nowhere.ok("add Water") == "Added 1: Water\n"


@only_sqlite("the file is spoiled")
@every_call
def test_a_database_that_is_damaged_gets_a_way_out(at: At, tmp_path: Path, call: str) -> None:
    app = at("0010")
    app.ok("add Water")
    content = bytearray(app.file.read_bytes())
    content[100:] = b"\x7f" * (len(content) - 100)  # all but the header
    app.file.write_bytes(content)
    assert refuses(app, call, tmp_path).startswith("taskmaster.db is damaged (")


@only_sqlite("the file is spoiled")
def test_a_database_with_one_damaged_page_is_not_backed_up_nor_upgraded(at: At, tmp_path: Path) -> None:
    app = at("0010")
    app.sql(*(f"INSERT INTO tasks (title) VALUES ('{n} {'x' * 100}')" for n in range(200)))
    content = bytearray(app.file.read_bytes())
    content[-4096:] = b"\x7f" * 4096
    app.file.write_bytes(content)
    for call in ("db backup", "db backup copy.db", "db upgrade"):
        said = refuses(app, call, tmp_path)
        assert said.startswith("taskmaster.db is damaged (")
        assert said.endswith("Go back to a backup: taskmaster db restore FILE\n")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@only_sqlite("how SQLite locks; for a server see test_server")
@pytest.mark.parametrize("call", ["list", "add Water", "done 1", "db status"])
def test_a_database_that_stays_locked_is_said_so(
    at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    connect = database.connect
    monkeypatch.setattr(database, "connect", lambda path: connect(path, wait=0.05))
    app = at("0010")
    with locked(app.file):
        assert refuses(app, call, tmp_path) == (
            "taskmaster.db is locked by another program. Nothing was changed; try again in a moment.\n"
        )


def _writes_anyway() -> bool:
    """Root, and Windows, do not ask whether a file is read-only."""
    return os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0)


@pytest.mark.skipif(_writes_anyway(), reason="root may write everything")
def test_in_a_folder_that_is_closed_everything_is_said_so(
    nowhere: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    try:
        monkeypatch.setenv(URL_VARIABLE, "sqlite:///closed/me.db")
        assert nowhere.refuses("add Water").startswith("Cannot make closed/me.db: ")
        (tmp_path / "closed").chmod(0)
        assert nowhere.refuses("list").endswith("Permission denied.\n")
        assert nowhere("--help").status == 0
    finally:
        (tmp_path / "closed").chmod(0o700)


@only_sqlite("the file is read-only; for a server see test_server")
@pytest.mark.skipif(_writes_anyway(), reason="root may write everything")
def test_a_read_only_database_can_be_read_and_says_so_when_written(at: At) -> None:
    app = at("0010")
    app.ok("add Water")
    app.file.chmod(stat.S_IREAD)
    assert "Water" in app.ok("list")
    assert app.refuses("add Tea") == "taskmaster.db is read-only. Nothing was changed.\n"


@only_sqlite("the file is opened read-only; for a server see test_server")
def test_a_database_opened_read_only_says_so_when_written(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = database.connect

    def read_only(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA query_only=ON")
        return connection

    app = at("0010")
    app.ok("add Water")
    monkeypatch.setattr(database, "connect", read_only)
    assert "Water" in app.ok("list")
    assert app.refuses("add Tea") == "taskmaster.db is read-only. Nothing was changed.\n"


@only_sqlite("SQLite can be told when a disk is full")
def test_a_full_disk_is_said_so_and_nothing_is_lost(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = database.connect

    def full(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")
        return connection

    app = at("0010")
    app.ok("add Water")
    monkeypatch.setattr(database, "connect", full)
    assert app.refuses(["add", "x" * 20_000]) == "The disk is full. Nothing was changed in taskmaster.db.\n"
    assert [task["title"] for task in app.json("list")] == ["Water"]


def test_tables_that_are_not_what_the_revision_says_are_said_so(at: At) -> None:
    app = at("0002")
    app.sql("ALTER TABLE todo DROP COLUMN due_on")
    perhaps = "" if app.is_a_file else ", or a migration did so just now: try again"
    assert app.refuses("list") == (
        f"{app.place} says that it is at revision 0002, but it has no tasks.due_on, which revision 0002 "
        f"(add done, due date and category) made. Something other than a migration changed it{perhaps}. "
        "Nothing was changed.\n"
    )


def test_a_table_that_is_missing_at_head_is_said_so(at: At) -> None:
    app = at("0019")
    app.sql("ALTER TABLE tasks RENAME TO elsewhere")
    said = app.refuses("list")
    assert said.startswith(f"The tables of {app.place} are not what its revision says")
    assert "tasks" in said
    assert len(said.splitlines()) == 1


@only_sqlite("SQLite alone keeps any value in any column")
def test_a_value_that_is_no_date_is_no_traceback(at: At) -> None:
    app = at("0010")
    app.ok("add Water")
    app.sql("UPDATE tasks SET due_on = 'someday'")
    assert app.refuses("list") == (
        "The database holds a value that taskmaster did not write: Invalid isoformat string: 'someday'. "
        "Nothing was changed.\n"
    )


@only_sqlite("SQLite alone keeps any value in any column")
@pytest.mark.parametrize(
    ("change", "said"),
    [("priority = 9", "9 is no priority"), ("title = x'00ff'", "the title of task 1 is not")],
)
@pytest.mark.parametrize("call", ["list", "show 1", "export", "rm 1", ""])
def test_a_value_that_only_sqlite_takes_is_no_traceback(at: At, change: str, said: str, call: str) -> None:
    app = at("0010")
    app.ok("add Water")
    app.sql("PRAGMA ignore_check_constraints = 1", f"UPDATE tasks SET {change}")
    assert f"taskmaster did not write: {said}" in app.refuses(call)


@only_sqlite("SQLite alone keeps any value in any column")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("tasks SET estimate = 'soon'", "the estimate of task 1 is not a number"),
        ("tasks SET notes = x'00ff'", "the notes of task 1 is not text"),
        ("tags SET name = x'00ff'", "the name of a tag is not text"),
    ],
)
@pytest.mark.parametrize("call", ["list", "show 1", "export", "rm 1", "", "edit 1 --untag y"])
def test_what_only_sqlite_takes_beside_a_task_is_no_traceback(
    at: At, change: str, said: str, call: str
) -> None:
    app = at("0019")
    app.ok("add Water --tag x")
    app.sql(f"UPDATE {change}")
    answer = app.refuses(call)
    assert f"taskmaster did not write: {said}" in answer
    if "tags" in change:
        assert app.refuses("tags") == answer


@only_sqlite("SQLite alone lets a column have no type")
def test_what_is_no_revision_at_all_is_called_unknown(at: At) -> None:
    app = at("0010")
    app.sql("DROP TABLE alembic_version", "CREATE TABLE alembic_version (version_num)")
    app.sql("INSERT INTO alembic_version VALUES (NULL), (7)")
    assert "is at revision 7 and None, which this taskmaster does not know" in app.refuses("list")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:s3cret@127.0.0.1:1/x", "Cannot reach the database postgresql://me:***@127.0.0.1:1/x"),
        ("postgresql://h.invalid/x?password=s3cret", "Cannot reach the database postgresql://h.invalid/x: "),
        ("postgresql://127.0.0.1:1/x?s=s3cret", "Cannot reach the database postgresql://127.0.0.1:1/x: "),
        ("postgresql+pg8000://me:s3cret@h/x", "postgresql+pg8000://me:***@h/x needs the driver pg8000"),
        ("postgresql+bogus://me:s3cret@h/x", "There is no database driver for postgresql+bogus://me:***@h/x."),
        ("mysql://me:s3cret@localhost/tasks", "Tasks cannot be kept in mysql://me:***@localhost/tasks: "),
        ("bogus://me:s3cret@localhost/tasks", "Tasks cannot be kept in bogus://me:***@localhost/tasks: "),
        ("s3cret", "The database URL is not one."),
        ("sqlite://", "Name a SQLite database by its path"),
        ("sqlite:///:memory:", "Name a SQLite database by its path"),
        ("sqlite:///file:x.db?uri=true", "Name a SQLite database by its path"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", ["list", "add Water", "db upgrade", "rm 1"])
def test_an_address_that_does_not_work_is_said_without_its_password(
    nowhere: App, monkeypatch: pytest.MonkeyPatch, url: str, said: str, call: str
) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    assert said in (answer := nowhere.refuses(call))
    assert "s3cret" not in answer
    assert everything_in(Path()) == {}


def test_an_ini_file_without_an_address_is_said_so(
    nowhere: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(URL_VARIABLE)
    monkeypatch.setattr(database, "PROJECT", tmp_path)
    assert nowhere.refuses("list").startswith(
        "Nothing says where the database is: set TASKMASTER_DATABASE_URL"
    )


@pytest.mark.parametrize("text", [b"\xff\xfeT\x00A\x00", b"A=caf\xe9\n"])
def test_an_env_file_that_is_not_utf_8_is_said_so(
    nowhere: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: bytes
) -> None:
    monkeypatch.delenv(URL_VARIABLE)
    monkeypatch.setattr(database, "PROJECT", tmp_path)
    Path(".env").write_bytes(text)
    said = nowhere.refuses("list")
    assert said.startswith(".env is not text in UTF-8 (")
    assert said.endswith("Save it as UTF-8.\n")
    assert nowhere("--help").status == 0


def test_an_env_file_may_begin_with_the_signature_of_utf_8(
    nowhere: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(URL_VARIABLE)
    monkeypatch.setattr(database, "PROJECT", tmp_path)
    Path(".env").write_text(f"{URL_VARIABLE}=sqlite:///mine.db\n", encoding="utf-8-sig")
    assert nowhere("add Water").err == "Made mine.db at revision 0019.\n"


def test_without_a_database_a_list_is_empty_and_makes_none(nowhere: App) -> None:
    said = (
        "No tasks yet: there is no database taskmaster.db.\n"
        'The first task makes it: taskmaster add "Buy milk"\n'
    )
    assert nowhere.ok("list") == said
    assert nowhere.ok([]).startswith(said)
    assert nowhere.json("list") == []
    assert nowhere.refuses("done 1") == said
    assert nowhere.refuses("stats") == said
    assert everything_in(Path()) == {}


def test_the_first_task_makes_the_database_at_head_and_says_so(nowhere: App) -> None:
    said = nowhere("add Water --priority urgent")
    assert said == (type(said))(
        0, "Added 1: Water (priority urgent)\n", "Made taskmaster.db at revision 0019.\n"
    )
    assert list(everything_in(Path())) == ["taskmaster.db"]
    assert nowhere.ok("add Tea") == "Added 2: Tea\n"


def test_a_mistake_in_the_first_task_makes_nothing(nowhere: App) -> None:
    nowhere.refuses("add Water --due blah", 2)
    assert everything_in(Path()) == {}


@pytest.mark.parametrize("name", ["with space.db", "a%2541b#c.db", "ünïcode 🦉.db"])
def test_any_file_name_will_do(nowhere: App, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(URL_VARIABLE, f"sqlite:///{name}")
    name = name.replace("%25", "%")
    assert nowhere("add Water").err == f"Made {name} at revision 0019.\n"
    assert "Water" in nowhere.ok("list")
    nowhere.ok("db backup")
    assert Path(name).is_file()


def test_what_nobody_thought_of_is_one_sentence_too(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.tasks, "listing", lambda *_: 1 / 0)
    app = at("0010")
    assert app.refuses("list") == (
        "Something went wrong that should not (ZeroDivisionError: division by zero). "
        "TASKMASTER_DEBUG=1 shows where.\n"
    )
    monkeypatch.setenv("TASKMASTER_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        app("list")


def test_stopping_with_the_keyboard_is_quiet(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.tasks, "add", interrupted)
    app = at("0010")
    assert app.refuses("add Water") == "Stopped.\n"
    assert app.json("list") == []
