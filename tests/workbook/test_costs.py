"""What a change costs, told by what it did."""

from __future__ import annotations

import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from workbook import costs, growth
from workbook.costs import COPIES, INSTANT, REWRITES, SCANS

from tests.workbook.conftest import Run

CLASSES = {
    "op.add_column(…), may be NULL": INSTANT,
    "op.add_column(…), NOT NULL, server_default": INSTANT,
    "op.alter_column(…, new_column_name=…)": INSTANT,
    "op.rename_table(…)": INSTANT,
    "op.add_column(…), with a CHECK": SCANS if sqlite3.sqlite_version_info >= (3, 37) else INSTANT,
    "op.create_index(…)": SCANS,
    "op.create_index(…, unique=True)": SCANS,
    'op.execute("UPDATE tasks SET …")': REWRITES,
    "op.drop_column(…)": REWRITES,
    "batch.drop_column(…)": COPIES,
    "batch.alter_column(…, new_column_name=…)": COPIES,
    "batch.alter_column(…, type_=…)": COPIES,
    "batch.create_unique_constraint(…)": COPIES,
    "batch.create_check_constraint(…)": COPIES,
    "batch.create_foreign_key(…)": COPIES,
    "four of these, in one batch": COPIES,
    "four of these, each in a batch of its own": COPIES,
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, costs.Cost]:
    return {cost.name: cost for cost in costs.kinds(tmp_path_factory.mktemp("kinds"))}


def test_every_kind_of_operation_is_in_its_class(found: dict[str, costs.Cost]) -> None:
    assert {name: cost.kind for name, cost in found.items()} == CLASSES


def test_work_grows_with_the_rows_or_not_at_all(found: dict[str, costs.Cost]) -> None:
    for cost in found.values():
        assert cost.growth == ((1, 1, 1) if cost.kind == INSTANT else (1, 10, 100)), cost.name


def test_four_batches_copy_the_table_four_times_and_one_batch_once(found: dict[str, costs.Cost]) -> None:
    assert found["four of these, in one batch"].copies == 1
    assert found["four of these, each in a batch of its own"].copies == 4


def test_a_larger_table_is_in_the_same_classes(tmp_path: Path) -> None:
    """The cache of SQLite holds the small ones whole, so pages that a copy frees are not used again there."""
    assert {cost.name: cost.kind for cost in costs.kinds(tmp_path, 30_000)} == CLASSES
    assert not list(tmp_path.iterdir())


def test_the_three_costs_of_a_default_are_told_apart(tmp_path: Path) -> None:
    full = tmp_path / "full.db"
    readings = []
    for rows in costs.sizes(costs.ROWS):
        full.unlink(missing_ok=True)
        costs.make(full, rows)
        readings.append(costs.read_change(full, rows, _default_the_long_way))
    cost = costs.Cost("the long way", tuple(readings))
    assert (cost.kind, cost.rewrites, cost.copies) == (COPIES, True, 1)


def _default_the_long_way(op: Any) -> None:
    op.execute("ALTER TABLE tasks ADD COLUMN estimate INTEGER")
    op.execute("UPDATE tasks SET estimate = 0")
    with op.batch_alter_table("tasks") as batch:
        batch.alter_column("estimate", nullable=False)


def test_the_picture_is_the_same_every_time_and_says_everything_in_words(
    found: dict[str, costs.Cost],
) -> None:
    picture = growth.draw(list(found.values()))
    assert picture.svg == growth.draw(list(found.values())).svg
    ET.fromstring(picture.svg)
    for word in (INSTANT, SCANS, REWRITES, COPIES, "copies the table 4 times"):
        assert f">{word}</text>" in picture.svg
        assert f"\n{word}: work 1, " in picture.words


def test_a_table_is_filled_by_repeating_its_rows_and_cut_from_its_end(tmp_path: Path) -> None:
    database = tmp_path / "some.db"
    connection = sqlite3.connect(database)
    connection.executescript(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT);"
        "INSERT INTO posts VALUES (7, 'a'), (9, 'b');"
        "CREATE TABLE links (a INTEGER, b INTEGER, PRIMARY KEY (a, b));"
        "INSERT INTO links VALUES (1, 1), (1, 2), (1, 3); CREATE TABLE none (id INTEGER PRIMARY KEY);"
    )
    assert costs.largest(database) == "posts"  # a row of links cannot be there twice
    costs.fill(database, "posts", 101)
    assert connection.execute("SELECT count(*), count(DISTINCT title) FROM posts").fetchone() == (101, 2)
    costs.fill(database, "posts", 50)
    assert connection.execute("SELECT count(*), min(id) FROM posts").fetchone() == (50, 7)
    with pytest.raises(ValueError, match="none has no row that could be repeated"):
        costs.fill(database, "none", 101)
    connection.close()


def test_the_magic_shows_a_class_for_each_kind_and_no_seconds(lesson: Run, run: Run) -> None:
    lesson("12")
    shown = run("%costs")
    for name, kind in CLASSES.items():
        line = next(line for line in shown.splitlines() if line.startswith(name))
        assert kind in line
    assert "seconds" not in shown
    assert max(map(len, shown.splitlines())) <= 105
    assert run("%costs").splitlines() == shown.splitlines()


def test_seconds_are_shown_to_whoever_asks(lesson: Run, run: Run) -> None:
    lesson("12")
    assert "seconds" in run("%costs --seconds --rows 10000")


def test_a_revision_is_measured_up_and_down(lesson: Run, run: Run) -> None:
    lesson("12")
    shown = run("%costs 0019 -0019").splitlines()
    assert shown[0] == "What it costs, on the table tasks of 100, 1,000 and 10,000 rows"
    assert " ".join(shown[4].split()) == "upgrade 0019 every row an index 1 → 10 → 100 scans"
    assert " ".join(shown[5].split()) == "downgrade 0018 no row no row 1 → 1 → 1 instant"


def test_a_revision_that_rebuilds_is_seen_to_copy(lesson: Run, run: Run) -> None:
    lesson("06")
    assert "a copy" in run("%costs 0010")
    assert run("%schema").count("0007") == 1, "the copy of the lesson has not moved"


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%costs 0088", "%costs: Can't locate revision identified by '0088'."),
        ("%costs --rows 5", "%costs: --rows takes a number from 10,000 to 10,000,000, without commas."),
        ("%costs --rows 1,000,000", "%costs: --rows takes a number from 10,000 to"),
        ("%costs --quickly", "%costs: write it like this: %costs, "),
        ("%costs --picture 0019", "%costs: the picture is of the kinds of operations"),
        ("%costs 0019 --table users", "%costs: users cannot grow: UNIQUE constraint failed: users.username."),
        ("%costs 0019 --table nix", "%costs: nix cannot grow: no such table: nix."),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(
    lesson: Run, run: Run, cell: str, sentence: str
) -> None:
    lesson("12")
    shown = run(cell)
    assert shown.startswith(sentence)
    assert len(shown.splitlines()) == 1


def test_a_revision_that_fails_is_told_with_its_reason(lesson: Run, run: Run) -> None:
    lesson("12")
    run(
        "%%file migrations/versions/0020_fails.py\nfrom alembic import op\nrevision = '0020'\n"
        "down_revision = '0019'\ndef upgrade():\n    op.execute('SELECT nix')\n"
    )
    assert run("%costs 0020") == "%costs: upgrade 0020 fails: OperationalError: no such column: nix."
