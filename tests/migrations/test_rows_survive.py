"""What each revision does to the rows: stop before it, put rows in, run it, look, come back."""

from __future__ import annotations

import logging
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import URL

from tests.migrations import history
from tests.migrations.history import REVISIONS, STEPS, Step, run

TITLES = [task["title"] for task in history.TASKS]


def column(url: URL, statement: str) -> list[Any]:
    return [found for (found,) in run(url, statement)]


# ------------------------------------------------------------------------------------ one by one


def test_0002_takes_the_tasks_that_are_there_for_not_done(database: URL) -> None:
    history.made_at(database, "0001")
    history.upgrade(database, "0002")

    assert {(task["done"], task["due_on"], task["category"]) for task in history.rows(database)["todo"]} == {
        (False, None, None)
    }
    assert column(database, "SELECT name FROM todo ORDER BY id") == TITLES

    history.downgrade(database, "0001")
    assert column(database, "SELECT name FROM todo ORDER BY id") == TITLES


def test_0003_gives_the_tasks_that_are_there_the_moment_of_the_upgrade(database: URL) -> None:
    history.made_at(database, "0002")
    before = history.rows(database)["todo"]
    history.upgrade(database, "0003")

    after = history.rows(database)["todo"]
    assert after == [task | {"created_at": "just now"} for task in before]
    run(database, "INSERT INTO todo (name) VALUES ('later')")
    assert history.rows(database)["todo"][-1]["created_at"] == "just now"

    history.downgrade(database, "0002")
    assert history.rows(database)["todo"][:-1] == before


def test_0004_keeps_every_name_as_a_title(database: URL) -> None:
    history.made_at(database, "0003")
    before = history.rows(database)["todo"]
    history.upgrade(database, "0004")

    assert column(database, "SELECT title FROM todo ORDER BY id") == TITLES

    history.downgrade(database, "0003")
    assert history.rows(database)["todo"] == before


def test_0005_moves_every_row_to_tasks(database: URL) -> None:
    history.made_at(database, "0004")
    before = history.rows(database)["todo"]
    history.upgrade(database, "0005")

    assert history.rows(database) == {"tasks": before}

    history.downgrade(database, "0004")
    assert history.rows(database) == {"todo": before}


def test_0006_leaves_the_tasks_alone_and_dates_a_new_user(database: URL) -> None:
    history.made_at(database, "0005")
    before = history.rows(database)["tasks"]
    history.upgrade(database, "0006")
    run(database, "INSERT INTO users (username) VALUES ('ana')")

    assert history.rows(database) == {
        "tasks": before,
        "users": [{"id": 1, "username": "ana", "email": None, "created_at": "just now"}],
    }

    history.downgrade(database, "0005")
    assert history.rows(database) == {"tasks": before}


def test_0007_gives_the_tasks_that_are_there_to_nobody(database: URL) -> None:
    history.made_at(database, "0006")
    before = history.rows(database)
    history.upgrade(database, "0007")

    after = history.rows(database)
    assert after["tasks"] == [task | {"owner_id": None} for task in before["tasks"]]
    assert after["users"] == before["users"]

    history.downgrade(database, "0006")
    assert history.rows(database) == before


def test_from_0007_on_removing_a_user_removes_their_tasks(database: URL) -> None:
    history.made_at(database, "0007")
    run(database, "DELETE FROM users WHERE id = 1")

    assert column(database, "SELECT id FROM tasks ORDER BY id") == [2, 5, 6]


def test_0009_makes_every_task_normal_and_refuses_what_is_no_priority(database: URL) -> None:
    history.made_at(database, "0008")
    before = history.rows(database)
    history.upgrade(database, "0009")

    assert history.rows(database)["tasks"] == [task | {"priority": 2} for task in before["tasks"]]
    for priority in ("0", "4", "NULL"):
        with pytest.raises(sa.exc.IntegrityError):
            run(database, f"UPDATE tasks SET priority = {priority} WHERE id = 1")

    history.downgrade(database, "0008")
    assert history.rows(database) == before


def test_0010_allows_urgent_and_keeps_the_tasks_of_a_removed_user(database: URL) -> None:
    history.made_at(database, "0009")
    before = history.rows(database)
    history.upgrade(database, "0010")

    assert history.rows(database) == before
    run(database, "UPDATE tasks SET priority = 4 WHERE id = 1", "DELETE FROM users WHERE id = 1")
    owners = run(database, "SELECT id, owner_id, priority FROM tasks WHERE id IN (1, 40) ORDER BY id")
    assert owners == [(1, None, 4), (40, None, 3)]
    with pytest.raises(sa.exc.IntegrityError):
        run(database, "UPDATE tasks SET priority = 5 WHERE id = 1")


def test_below_0010_urgent_is_high_and_nothing_else_changes(database: URL) -> None:
    history.made_at(database, "0010")
    before = history.rows(database)
    history.downgrade(database, "0009")

    assert history.rows(database) == before | {
        "tasks": [task | {"priority": min(task["priority"], 3)} for task in before["tasks"]]
    }


def test_0015_tells_nothing_of_anybody_and_dates_a_new_profile(database: URL) -> None:
    before = history.rows(history.made_at(database, "0014"))
    history.upgrade(database, "0015")
    assert history.rows(database) == before | {"profiles": []}

    run(database, "INSERT INTO profiles (user_id) VALUES (7)")
    assert history.rows(database)["profiles"] == [
        {"id": 1, "full_name": None, "about": None, "user_id": 7, "created_at": "just now"}
    ]

    history.downgrade(database, "0014")
    assert history.rows(database) == before


def test_a_user_has_at_most_one_profile_and_takes_it_along(database: URL) -> None:
    history.made_at(database, "0015")
    for wrong in ("VALUES (1)", "VALUES (NULL)", "VALUES (99)"):  # a second one; nobody's; a stranger's
        with pytest.raises(sa.exc.IntegrityError):
            run(database, f"INSERT INTO profiles (user_id) {wrong}")
    run(database, "DELETE FROM users WHERE id = 1")

    assert column(database, "SELECT user_id FROM profiles") == [8]


def test_0016_guesses_no_estimate_and_refuses_what_is_none(database: URL) -> None:
    before = history.rows(history.made_at(database, "0015"))
    history.upgrade(database, "0016")

    assert history.rows(database) == before | {
        "tasks": [task | {"estimate": None} for task in before["tasks"]]
    }
    run(database, "UPDATE tasks SET estimate = 1 WHERE id = 1")
    for minutes in ("0", "-5"):
        with pytest.raises(sa.exc.IntegrityError):
            run(database, f"UPDATE tasks SET estimate = {minutes} WHERE id = 2")

    history.downgrade(database, "0015")
    assert history.rows(database) == before


def test_0017_writes_no_notes(database: URL) -> None:
    before = history.rows(history.made_at(database, "0015"))
    history.upgrade(database, "0017")
    assert history.rows(database) == before | {"tasks": [task | {"notes": None} for task in before["tasks"]]}

    history.downgrade(database, "0015")
    assert history.rows(database) == before


@pytest.mark.parametrize(("below", "revision"), [("0016,0017", "0018"), ("0018", "0019")])
def test_the_merge_and_the_index_touch_no_row(database: URL, below: str, revision: str) -> None:
    before = history.rows(history.made_at(database, below))
    history.upgrade(database, revision)
    assert history.rows(database) == before

    history.downgrade(database, "0018" if revision == "0019" else "0016")
    assert history.rows(database) == before


# ------------------------------------------------------------------ 0008: who is the same person


def merged(url: URL, users: list[tuple[int, str, str | None]], caplog: pytest.LogCaptureFixture) -> Any:
    """Make USERS (id, name, e-mail), each with one task of the same id, and run 0008.

    Return the users then, to whom each task belongs, and what was logged beside Alembic's own line.
    """
    history.upgrade(url, "0007")
    with history.engine(url).begin() as connection:
        for id_, username, email in users:
            connection.execute(
                sa.text("INSERT INTO users (id, username, email) VALUES (:id, :username, :email)"),
                {"id": id_, "username": username, "email": email},
            )
            connection.execute(
                sa.text("INSERT INTO tasks (id, title, owner_id) VALUES (:id, 'x', :id)"), {"id": id_}
            )
    caplog.set_level(logging.INFO, "alembic.runtime.migration")
    caplog.clear()
    history.upgrade(url, "0008")
    lines = [message for message in caplog.messages if message.startswith("user ")]
    return (
        run(url, "SELECT id, username, email FROM users ORDER BY id"),
        dict(tuple(row) for row in run(url, "SELECT id, owner_id FROM tasks ORDER BY id")),
        lines,
    )


def test_those_of_one_name_are_one_person_and_the_lowest_id_stays(
    database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    users, owners, lines = merged(database, [(3, "ana", None), (5, "ana", None), (9, "bo", None)], caplog)

    assert users == [(3, "ana", None), (9, "bo", None)]
    assert owners == {3: 3, 5: 3, 9: 9}
    assert lines == ["user 5 (ana) is the same person as user 3 and is merged"]


def test_the_one_who_stays_takes_the_only_e_mail_address(
    database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    users, owners, _ = merged(
        database, [(1, "ana", None), (2, "ana", "a@x.org"), (3, "ana", "a@x.org"), (4, "ana", None)], caplog
    )

    assert users == [(1, "ana", "a@x.org")]
    assert set(owners.values()) == {1}


def test_the_one_who_stays_takes_the_earliest_time_of_creation(database: URL) -> None:
    history.upgrade(database, "0007")
    run(
        database,
        "INSERT INTO users (id, username, created_at) VALUES (1, 'ana', '2021-05-05 10:00:00')",
        "INSERT INTO users (id, username, created_at) VALUES (2, 'ana', '2020-01-01 09:00:00')",
    )
    history.upgrade(database, "0008")

    [ana] = history.rows(database)["users"]
    assert (ana["id"], ana["created_at"].year) == (1, 2020)


def test_two_addresses_are_two_people_and_the_later_gets_a_number(
    database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    users, owners, lines = merged(
        database,
        [(1, "ana", "a@x.org"), (2, "ana", "b@x.org"), (3, "ana", None), (4, "ana", "b@x.org")],
        caplog,
    )

    assert users == [(1, "ana", "a@x.org"), (2, "ana-2", "b@x.org")]
    assert owners == {1: 1, 2: 2, 3: 1, 4: 2}
    assert lines == [
        "user 2 (ana) is another person and becomes ana-2",
        "user 3 (ana) is the same person as user 1 and is merged",
        "user 4 (ana) is the same person as user 2 and is merged",
    ]


def test_a_number_that_is_taken_is_not_given_again(database: URL, caplog: pytest.LogCaptureFixture) -> None:
    users, _, _ = merged(
        database,
        [(1, "ana", "a@x"), (2, "ana", "b@x"), (3, "ana-2", "c@x"), (4, "ana", "d@x"), (5, "ana-02", None)],
        caplog,
    )

    assert [name for _, name, _ in users] == ["ana", "ana-3", "ana-2", "ana-4", "ana-02"]


def test_names_with_numbers_may_be_shared_too(database: URL, caplog: pytest.LogCaptureFixture) -> None:
    users, _, _ = merged(
        database,
        [(1, "ana-2", "a@x"), (2, "ana-2", "b@x"), (3, "ana", "c@x"), (4, "ana", "d@x"), (5, "7", "e@x"),
         (6, "7", "f@x"), (7, "", "g@x"), (8, "", "h@x"), (9, "ana-20000000000", None)],
        caplog,
    )  # fmt: skip

    assert [name for _, name, _ in users] == [
        "ana-2", "ana-2-2", "ana", "ana-3", "7", "7-2", "", "-2", "ana-20000000000"
    ]  # fmt: skip


def test_only_names_that_are_exactly_equal_are_the_same(
    database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    people: list[tuple[int, str, str | None]] = [
        (1, "ana", None), (2, "Ana", None), (3, "ana ", None), (4, "án", None), (5, "a\u0301n", None)
    ]  # fmt: skip
    users, owners, lines = merged(database, people, caplog)

    assert users == people
    assert owners == {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
    assert lines == []


def test_below_0008_the_merged_stay_merged_and_a_name_may_be_shared_again(database: URL) -> None:
    history.made_at(database, "0007")
    history.upgrade(database, "0008")
    at_0008 = history.rows(database)
    with pytest.raises(sa.exc.IntegrityError):
        run(database, "INSERT INTO users (username) VALUES ('ana')")
    history.downgrade(database, "0007")

    assert history.rows(database) == at_0008
    run(database, "INSERT INTO users (id, username) VALUES (99, 'ana')")


# --------------------------------------------------------------------------------- what is lost


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("step", STEPS, ids=" ".join)
def test_a_downgrade_says_how_much_it_loses(
    database: URL, caplog: pytest.LogCaptureFixture, step: Step
) -> None:
    history.made_at(database, step.after)
    table = "todo" if step.revision < "0005" else "tasks"
    run(database, f"DELETE FROM {table} WHERE id = 40")
    if "0002" <= step.revision < "0013":
        run(database, f"UPDATE {table} SET done = false, due_on = NULL, category = NULL WHERE id = 2")
    before = history.rows(database)
    caplog.clear()
    history.downgrade(database, step.down)
    said = [message for message in warnings_of(caplog) if message.startswith("downgrade ")]
    history.upgrade(database, step.revision)
    after = history.rows(database)

    lost = Counter(name for name, rows in before.items() for row in rows if row not in after.get(name, []))
    doc = history.SCRIPTS.get_revision(step.revision).module.__doc__ or ""
    [promise] = [line for line in doc.splitlines() if line.startswith("Downgrade loses: ")]
    if lost:
        assert "nothing" not in promise
        [sentence] = said
        assert sentence.startswith(f"downgrade {step.revision} ")
        counted = {name: int(number) for name, number in re.findall(r"(\w+): (\d+)", sentence)}
        assert counted == {name.replace("todo", "tasks"): number for name, number in lost.items()}
    else:
        assert "nothing" in promise
        assert said == []


def test_downgrades_that_lose_nothing_say_nothing(database: URL, caplog: pytest.LogCaptureFixture) -> None:
    history.upgrade(database)
    history.downgrade(database, "base")

    assert warnings_of(caplog) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_says_why_and_imports_nothing_of_the_app(revision: str) -> None:
    script = history.SCRIPTS.get_revision(revision)
    text = script.module.__doc__ or ""

    assert text.splitlines()[0] == script.doc
    assert "\nWhy: " in text
    assert "taskmaster" not in Path(script.path).read_text(encoding="utf-8")
