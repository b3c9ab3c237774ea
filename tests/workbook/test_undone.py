"""A downgrade gives back what the upgrade did not have to lose, and what it may do with the rest."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool
from workbook import photo
from workbook.checks.undone import not_as_before

BEFORE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR, town VARCHAR);
INSERT INTO people VALUES (1, 'Ana Lima', 'Hull'), (2, 'Ben Okafor', 'hull'), (3, 'Cem', NULL);
CREATE TABLE notes (text VARCHAR);
INSERT INTO notes VALUES ('one'), ('two')
"""
SAME_RENAMED = "ALTER TABLE people RENAME TO users"
RENAMED_BACK = "ALTER TABLE users RENAME TO people"
SPLIT = (
    "ALTER TABLE people ADD first VARCHAR; ALTER TABLE people ADD last VARCHAR;"
    "UPDATE people SET first = 'Ana', last = 'Lima' WHERE id = 1;"
    "UPDATE people SET first = 'Ben', last = 'Okafor' WHERE id = 2;"
    "UPDATE people SET first = 'Cem' WHERE id = 3"
)
DROPPED = "ALTER TABLE people DROP first; ALTER TABLE people DROP last"
JOINED = f"UPDATE people SET name = first || coalesce(' ' || last, ''); {DROPPED}"


def found(up: str, down: str, between: str = "") -> str:
    made = sa.create_engine("sqlite://", poolclass=StaticPool)
    photos = []
    for script in (BEFORE, up, between, down):
        with made.begin() as connection:
            for statement in filter(str.strip, script.split(";")):
                connection.exec_driver_sql(statement)
        photos.append(photo.take(made))
    made.dispose()
    problem = not_as_before(*photos)
    return problem.what if problem else ""


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("ALTER TABLE people RENAME town TO city", "ALTER TABLE people RENAME city TO town"),
        (SAME_RENAMED, RENAMED_BACK),
        (f"{SAME_RENAMED}; ALTER TABLE users RENAME town TO city",
         f"ALTER TABLE users RENAME city TO town; {RENAMED_BACK}"),
        (SPLIT, JOINED),
        (f"{SPLIT}; ALTER TABLE people DROP name", f"ALTER TABLE people ADD name VARCHAR; {JOINED}"),
        ("ALTER TABLE people DROP town", "ALTER TABLE people ADD town VARCHAR"),
        ("DROP TABLE people",
         "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR, town VARCHAR)"),
        ("UPDATE people SET town = 'Hull' WHERE town = 'hull'", ""),
        ("UPDATE people SET town = 'Hull' WHERE town = 'hull'",
         "UPDATE people SET town = 'hull' WHERE id < 3"),
        ("UPDATE people SET town = '' WHERE town IS NULL", "UPDATE people SET town = NULL WHERE town = ''"),
        ("DELETE FROM people WHERE id = 2", ""),
        ("DELETE FROM people WHERE id = 2", "INSERT INTO people VALUES (2, 'Ben Okafor', 'hull')"),
        ("DROP TABLE notes", "CREATE TABLE notes (text VARCHAR)"),
    ],
    ids=lambda value: value.strip()[:60],
)  # fmt: skip
def test_what_the_upgrade_had_to_lose_may_be_lost(up: str, down: str) -> None:
    assert found(up, down) == ""


def test_what_the_downgrade_met_may_stay() -> None:
    assert found("", "", between="UPDATE people SET name = 'Eve' WHERE id = 1") == ""


@pytest.mark.parametrize(
    ("up", "down", "said"),
    [
        ("ALTER TABLE people ADD age INTEGER", "ALTER TABLE people DROP age; UPDATE people SET name = 'x'",
         "The downgrade changes 3 of 3 values of `people.name`: 'Ana Lima' becomes 'x'."),
        (SPLIT, f"UPDATE people SET name = first; {DROPPED}",
         "The downgrade changes 2 of 3 values of `people.name`: 'Ana Lima' becomes 'Ana'."),
        ("ALTER TABLE people RENAME town TO city",
         "ALTER TABLE people DROP city; ALTER TABLE people ADD town VARCHAR",
         "The downgrade loses 2 of 3 values of `people.town`, which stood in `people.city`."),
        (SAME_RENAMED,
         "DROP TABLE users; CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR, town VARCHAR)",
         "The downgrade loses 3 of 3 rows of `people`, which stood in `users`."),
        (SAME_RENAMED, f"{RENAMED_BACK}; UPDATE people SET town = 'Hull'",
         "The downgrade changes 2 of 3 values of `people.town`: 'hull' becomes 'Hull'."),
        (f"{SAME_RENAMED}; ALTER TABLE users RENAME town TO city",
         f"ALTER TABLE users DROP city; {RENAMED_BACK}; ALTER TABLE people ADD town VARCHAR",
         "The downgrade loses 2 of 3 values of `people.town`, which stood in `users.city`."),
        ("UPDATE people SET town = 'Hull' WHERE town = 'hull'", "UPDATE people SET name = NULL WHERE id = 3",
         "The downgrade changes 1 of 3 values of `people.name`: 'Cem' becomes NULL."),
        ("", "UPDATE people SET id = id + 10",
         "The downgrade takes away 3 of 3 rows of `people`, and puts in others."),
    ],
    ids=lambda value: value.strip()[:60],
)  # fmt: skip
def test_what_the_upgrade_has_kept_the_downgrade_keeps(up: str, down: str, said: str) -> None:
    assert found(up, down) == said
