from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from workbook import changes, ledger
from workbook.photo import Photo, take

from tests.migrations import history
from tests.workbook.databases import photo

TODO = "CREATE TABLE todo (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL)"
THREE = ("INSERT INTO todo VALUES (?, ?)", [(1, "dishes"), (2, "rent"), (3, "mum")])


def fates(before: Photo, after: Photo) -> dict[str, dict[str, str]]:
    return {
        account.name: {entry.name: f"{entry.sign}{entry.fate}" for entry in account.entries}
        for account in ledger.accounts(before, after)
    }


def closing(before: Photo, after: Photo) -> str:
    return ledger.closing(ledger.accounts(before, after))


def test_a_column_that_only_has_another_name_is_kept(tmp_path: Path) -> None:
    before = photo(tmp_path, "before", TODO, THREE)
    after = photo(tmp_path, "after", TODO, THREE, "ALTER TABLE todo RENAME COLUMN name TO title")
    assert fates(before, after) == {"todo": {"id": "kept", "name → title": "kept"}}
    assert closing(before, after) == "No row was lost."


def test_a_column_dropped_and_added_under_another_name_is_gone_however_similar(tmp_path: Path) -> None:
    before = photo(tmp_path, "before", TODO, THREE)
    after = photo(
        tmp_path,
        "after",
        TODO,
        THREE,
        "ALTER TABLE todo ADD COLUMN title VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE todo DROP COLUMN name",
    )
    assert fates(before, after)["todo"]["name"] == "-gone (3 values)"
    assert fates(before, after)["todo"]["title"] == "+new, '' everywhere"
    assert closing(before, after) == "No row was lost. 3 values are gone with the column name of todo."


def test_a_renamed_table_is_one_table_even_when_a_column_was_renamed_too(tmp_path: Path) -> None:
    more = "ALTER TABLE todo ADD COLUMN done BOOLEAN NOT NULL DEFAULT 0"
    before = photo(tmp_path, "before", TODO, THREE, more)
    after = photo(
        tmp_path,
        "after",
        TODO,
        THREE,
        more,
        "ALTER TABLE todo RENAME COLUMN name TO title",
        "ALTER TABLE todo RENAME TO tasks",
    )
    assert fates(before, after) == {"todo → tasks": {"id": "kept", "name → title": "kept", "done": "kept"}}


def test_two_tables_of_one_shape_are_not_taken_for_a_rename_when_the_rows_differ(tmp_path: Path) -> None:
    before = photo(tmp_path, "before", TODO, THREE)
    after = photo(
        tmp_path, "after", TODO.replace("todo", "notes"), "INSERT INTO notes VALUES (1, 'something else')"
    )
    assert fates(before, after) == {"todo": {"all of them": "-gone"}, "notes": {"all of them": "+new"}}
    assert closing(before, after) == "3 rows of todo are gone."


def test_lost_rows_are_counted_and_what_is_left_is_compared(tmp_path: Path) -> None:
    before = photo(tmp_path, "before", TODO, THREE)
    after = photo(
        tmp_path,
        "after",
        TODO,
        THREE,
        "DELETE FROM todo WHERE id = 2",
        "UPDATE todo SET name = '!' WHERE id = 3",
    )
    assert fates(before, after) == {"todo": {"id": "kept in the 2 rows left", "name": "~changed in 1 row"}}
    assert closing(before, after) == "1 row of todo is gone."


def test_new_rows_do_not_make_the_old_ones_look_changed(tmp_path: Path) -> None:
    before = photo(tmp_path, "before", TODO, THREE)
    after = photo(tmp_path, "after", TODO, THREE, "INSERT INTO todo VALUES (4, 'new')")
    assert fates(before, after) == {"todo": {"id": "kept", "name": "kept"}}
    assert closing(before, after) == "No row was lost."


def test_a_table_emptied_by_a_cascade_is_seen(tmp_path: Path) -> None:
    child = "CREATE TABLE link (id INTEGER PRIMARY KEY, todo_id INTEGER)"
    rows = ("INSERT INTO link VALUES (?, ?)", [(1, 1), (2, 1)])
    before = photo(tmp_path, "before", TODO, THREE, child, rows)
    after = photo(tmp_path, "after", TODO, THREE, child)
    assert fates(before, after)["link"] == {"id": "-no row is left", "todo_id": "-no row is left"}
    assert closing(before, after) == "2 rows of link are gone."


def test_a_table_that_was_emptied_and_has_new_rows_since_is_not_called_empty(tmp_path: Path) -> None:
    before = photo(tmp_path, "before", TODO, THREE)
    after = photo(tmp_path, "after", TODO, "INSERT INTO todo VALUES (4, 'new')")
    assert fates(before, after) == {"todo": {"id": "-no old row is left", "name": "-no old row is left"}}


def test_a_value_that_changes_only_its_type_is_changed(tmp_path: Path) -> None:
    table = "CREATE TABLE t (id INTEGER PRIMARY KEY, a)"
    before = photo(tmp_path, "before", table, "INSERT INTO t VALUES (1, 1), (2, 2)")
    after = photo(tmp_path, "after", table, "INSERT INTO t VALUES (1, '1'), (2, 2)")
    assert fates(before, after)["t"]["a"] == "~changed in 1 row"


def test_a_hundred_thousand_rows_are_compared_by_value(tmp_path: Path) -> None:
    rows = ("INSERT INTO todo VALUES (?, ?)", [(at, f"task {at}") for at in range(100_000)])
    before = photo(tmp_path, "before", TODO, rows)
    after = photo(tmp_path, "after", TODO, rows, "UPDATE todo SET name = 'x' WHERE id IN (5, 99999)")
    assert fates(before, after)["todo"] == {"id": "kept", "name": "~changed in 2 rows"}


def test_every_step_of_the_history_keeps_every_row_on_the_way_up_except_the_merged_users(
    database: sa.URL,
) -> None:
    engine = history.engine(database)
    history.upgrade(database, "0001")
    history.run(database, "INSERT INTO todo (name) VALUES ('dishes'), ('rent')")
    for revision in history.REVISIONS[1:]:
        before = take(engine)
        history.upgrade(database, revision)
        after = take(engine)
        assert closing(before, after) == "No row was lost.", revision
        signs = {entry.sign for account in ledger.accounts(before, after) for entry in account.entries}
        dropped = {"-"} if revision in ("0013", "0014") else set()  # a column, and then a table, are gone
        assert signs <= {"", "+"} | dropped, revision


def test_the_renames_of_0004_and_0005_are_recognised_together(sqlite: sa.URL) -> None:
    engine = history.engine(sqlite)
    history.upgrade(sqlite, "0003")
    history.run(sqlite, "INSERT INTO todo (name) VALUES ('dishes'), ('rent')")
    before = take(engine)
    history.upgrade(sqlite, "0005")
    found = [(change.kind, change.what, change.details) for change in changes.between(before, take(engine))]
    assert found == [
        ("renamed", "the table", "is called tasks now"),
        ("renamed", "column name", "is called title now"),
    ]


def test_a_table_that_is_too_large_to_read_is_counted_and_the_ledger_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbook.photo.MOST", 2)
    before = photo(tmp_path, "before", TODO, THREE)
    after = photo(tmp_path, "after", TODO, THREE, "DELETE FROM todo WHERE id = 1")
    assert (before.rows["todo"].counted, after.rows["todo"].counted) == (3, None)
    assert fates(before, after) == {"todo": {"all of them": "only counted"}}
    assert fates(before, before) == {"todo": {"all of them": "only counted"}}
    assert closing(before, after).startswith("1 row of todo is gone. todo has more than ")
    assert closing(before, before).startswith("No row was lost. todo has more than ")
