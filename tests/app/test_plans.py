"""How SQLite finds what a list shows: the very statements that taskmaster sends, and their query plans."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.app.conftest import App, only_sqlite
from tests.migrations import history

At = Callable[[str], App]
pytestmark = only_sqlite("the plans are SQLite's")
Sent = list[tuple[str, Any]]


@pytest.fixture
def sent() -> Iterator[Sent]:
    """Every statement that goes to a database, with its values."""
    statements: Sent = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


def fill(app: App, tasks: int) -> None:
    """Open tasks, all of a user, each with two tags."""
    app.sql(
        "INSERT INTO users (username) VALUES ('ana')",
        f"""INSERT INTO tasks (title, due_on, priority, owner_id)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {tasks})
            SELECT 'Task ' || i, CASE WHEN i % 2 THEN date('2026-03-02', (i * 7919 % 365) || ' days') END,
                   1 + i % 4, 1
            FROM n""",
        "INSERT INTO tags (name, folded) VALUES ('home', 'home'), ('garden', 'garden')",
        "INSERT INTO task_tags SELECT tasks.id, tags.id FROM tasks, tags",
    )


def about_tasks(sent: Sent) -> Sent:
    """The statements that read tasks or their tags."""
    return [(sql, values) for sql, values in sent if "FROM tasks" in sql or "FROM task_tags" in sql]


def plan(app: App, sql: str, values: Any) -> list[str]:
    with closing(sqlite3.connect(app.file)) as connection:
        return [line for *_, line in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def steps(app: App, sql: str, values: Any) -> int:
    """How many steps SQLite's machine takes for a statement: what depends on no clock and no disk."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with closing(sqlite3.connect(app.file)) as connection:
        connection.set_progress_handler(count, 1)
        connection.execute(sql, values).fetchall()
    return taken


def test_a_list_of_open_tasks_reads_them_in_the_order_of_the_index(app: App, sent: Sent) -> None:
    fill(app, 100)
    sent.clear()
    assert "20 of 100 shown" in app.ok("list")
    tasks, tags, totals = about_tasks(sent)
    assert plan(app, *tasks) == [
        "SCAN tasks USING INDEX ix_tasks_open",
        "SEARCH users USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
    ]
    [counting] = plan(app, *totals)
    assert counting.replace("COVERING ", "") == "SCAN tasks USING INDEX ix_tasks_open"  # some SQLites say so
    by_task, by_id = plan(app, *tags)
    assert by_task == "SEARCH task_tags USING COVERING INDEX sqlite_autoindex_task_tags_1 (task_id=?)"
    assert by_id == "SEARCH tags USING INTEGER PRIMARY KEY (rowid=?)"


def test_a_list_of_20_costs_the_same_among_any_number_of_open_tasks(app: App, sent: Sent) -> None:
    taken = []
    for tasks in (100, 20_000):
        app.sql("DELETE FROM users", "DELETE FROM tags", "DELETE FROM tasks")
        fill(app, tasks)
        sent.clear()
        app.ok("list")
        found, tags, _ = about_tasks(sent)
        taken.append([steps(app, *found), steps(app, *tags)])
    assert taken[0] == taken[1]


def test_without_the_index_the_same_list_sorts_them_all(at: At, sent: Sent) -> None:
    app = at("0018")
    fill(app, 100)
    sent.clear()
    app.ok("list")
    tasks, *_ = about_tasks(sent)
    assert plan(app, *tasks)[0] == "SCAN tasks"
    assert plan(app, *tasks)[-1] == "USE TEMP B-TREE FOR ORDER BY"
    before = steps(app, *tasks)
    history.upgrade(app.url, "0019")
    assert steps(app, *tasks) < before


@pytest.mark.parametrize("options", ["", "--owner ana", "--text task", "--due +1y", "--sort priority"])
def test_whatever_is_asked_of_open_tasks_the_index_gives_the_order(
    app: App, sent: Sent, options: str
) -> None:
    fill(app, 100)
    sent.clear()
    app.ok(f"list {options}")
    tasks, *_ = about_tasks(sent)
    assert "SCAN tasks USING INDEX ix_tasks_open" in plan(app, *tasks)
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan(app, *tasks)


def test_a_tag_is_looked_up_by_its_own_index(app: App, sent: Sent) -> None:
    fill(app, 100)
    sent.clear()
    app.ok("list --tag home")
    tasks, *_ = about_tasks(sent)
    assert any("ix_task_tags_tag_id (tag_id=?)" in line for line in plan(app, *tasks))
    assert not [line for line in plan(app, *tasks) if line.startswith("SCAN")]
