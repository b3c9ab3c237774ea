"""How SQLite goes about a query, in words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from workbook import plans

from tests.workbook.conftest import Run

MANY = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
INSERT INTO tasks (title, done) SELECT 'Task ' || n, n % 10 = 0 FROM numbers
"""


def test_the_list_sorts_before_0019_and_goes_along_the_index_after_it(lesson: Run, run: Run) -> None:
    lesson("12")
    run(f"%%sql\n{MANY}")
    before = run("%plan taskmaster list")
    assert "\nSCAN tasks  " in before
    assert "USE TEMP B-TREE FOR ORDER BY" in before
    assert before.endswith("Run on tasks with 20,008 rows, it takes more steps than the table has rows.")
    run("%alembic upgrade 0019")
    after = run("%plan taskmaster list")
    assert "SCAN tasks USING INDEX ix_tasks_open" in after
    assert "TEMP B-TREE" not in after
    assert after.endswith("it takes not even one step for ten rows.")


def test_an_index_on_expressions_is_seen_in_the_schema(lesson: Run, run: Run) -> None:
    lesson("12")
    run("%alembic upgrade 0019")
    words = "(priority DESC, (due_on IS NULL), due_on, id) WHERE done IS 0"
    assert words in run("%changes")
    assert words in run("%schema tasks")


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("SCAN TABLE tasks", "SCAN tasks"),
        ("SCAN TABLE tasks AS t USING INDEX ix", "SCAN tasks USING INDEX ix"),
        ("SEARCH TABLE users USING INTEGER PRIMARY KEY (rowid=?)",
         "SEARCH users USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"),
        ("USE TEMP B-TREE FOR RIGHT PART OF ORDER BY", "USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY"),
    ],
)  # fmt: skip
def test_all_versions_of_sqlite_say_it_in_the_same_words(older: str, newer: str) -> None:
    assert plans.steady(older) == plans.steady(newer)
    assert plans.meaning(plans.steady(newer))


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%plan", "%plan: write it like this: %plan taskmaster list, or %plan SELECT …."),
        ("%plan taskmaster lost", "%plan: taskmaster lost fails: Error: No such command 'lost'."),
        ("%plan taskmaster --version", "%plan: taskmaster --version asks for no tasks."),
        ("%plan taskmaster list 'a", "%plan: a quotation mark is missing."),
        ("%plan DROP TABLE tasks", "%plan: SELECT, INSERT, UPDATE and DELETE can be explained here."),
        ("%plan SELECT nix", "%plan: no such column: nix."),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_sentence(
    lesson: Run, run: Run, cell: str, sentence: str
) -> None:
    lesson("12")
    assert run(cell).startswith(sentence)


def test_what_writes_is_told_to_write_to_the_indexes_that_it_touches(lesson: Run, run: Run) -> None:
    lesson("12")
    run("%alembic upgrade 0019")
    both = "It writes to the table tasks and to the index ix_tasks_open."
    assert run("%plan UPDATE tasks SET done = 1 WHERE id = 8").endswith(both)
    assert run("%plan INSERT INTO tasks (title) VALUES ('new')").endswith(both)
    assert run("%plan DELETE FROM tasks WHERE id = 8").endswith(both)
    title = run("%plan UPDATE tasks SET title = 'new' WHERE id = 8")
    assert title.endswith("It writes to the table tasks.")
    assert "new" not in run("%sql SELECT title FROM tasks")


def test_a_plan_never_writes(tmp_path: Path) -> None:
    database = tmp_path / "some.db"
    connection = sqlite3.connect(database)
    connection.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
    shown = plans.show(database, "WITH x AS (SELECT id FROM t) INSERT INTO t SELECT id + 1 FROM x", "")
    assert shown.text.endswith("It writes to the table t.")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
    connection.close()
