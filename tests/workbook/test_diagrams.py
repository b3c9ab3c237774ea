from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from workbook.diagrams import Step, _place, er, graph
from workbook.photo import Photo

from tests.workbook.databases import photo

CHAIN = [Step("0003", "three", ("0002",)), Step("0002", "two", ("0001",)), Step("0001", "one")]
BRANCHES = [
    Step("0018", "merge", ("0016", "0017")),
    Step("0017", "notes", ("0015",)),
    Step("0016", "estimate", ("0015",)),
    Step("0015", "profiles"),
]
FAMILY = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, boss_id INTEGER REFERENCES users (id))",
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE links (a INTEGER REFERENCES tasks (id), b INTEGER REFERENCES gone, PRIMARY KEY (a, b))",
)


def test_the_graph_says_in_words_what_is_applied_and_where_you_are() -> None:
    assert graph(CHAIN, ("0002",)).words.splitlines() == [
        "0003  three (after 0002, head): not applied yet.",
        "0002  two (after 0001): you are here.",
        "0001  one (the first): applied.",
        "base  an empty database: passed.",
    ]


def test_an_empty_database_stands_at_base() -> None:
    assert graph(CHAIN).words.endswith("base  an empty database: you are here.")
    assert "◀ you are here" in graph(CHAIN).svg


def test_of_two_branches_only_the_one_that_the_database_took_is_applied() -> None:
    words = graph(BRANCHES, ("0016",)).words
    assert "0017  notes (after 0015): not applied yet." in words
    assert "0015  profiles (the first): applied." in words


def test_from_a_revision_on_the_others_are_counted() -> None:
    words = graph(BRANCHES, ("0016", "0017"), "0016").words.splitlines()
    assert words == [
        "0018  merge (after 0016 and 0017, head): not applied yet.",
        "0016  estimate (after 0015): you are here.",
        "…  2 other revisions: you are here.",
    ]
    assert graph(CHAIN, ("0003",), "0003").words.endswith("…  2 other revisions.")
    assert graph(CHAIN, (), "0003").words.endswith("…  2 other revisions: you are here.")
    assert graph(CHAIN, (), "0001") == graph(CHAIN) == graph(CHAIN, (), "base")


def test_titles_stand_in_one_line_below_each_other_however_long_the_ids_are() -> None:
    steps = [Step("ae1027a6acf", "new", ("0001",)), Step("0001", "old")]
    titles = re.findall(r'<text x="([\d.]+)"', graph(steps).svg)
    assert len(titles) == 3
    assert len(set(titles)) == 1


def test_what_a_revision_depends_on_is_applied_with_it_and_named() -> None:
    steps = [Step("0017", "notes", ("0015",), ("0016",)), *BRANCHES[2:]]
    words = graph(steps, ("0017",)).words
    assert "0017  notes (after 0015, needs 0016, head): you are here." in words
    assert "0016  estimate (after 0015, head): applied." in words


def test_a_database_at_a_revision_without_a_file_is_told_so() -> None:
    picture = graph(CHAIN, ("0099",))
    assert picture.words.endswith("The database is at 0099, and no file here has it.")
    assert "no file has it" in picture.svg


def test_the_tables_are_drawn_parents_first_with_every_key_in_words(tmp_path: Path) -> None:
    words = er(photo(tmp_path, "family", *FAMILY)).words
    assert "Table tasks: id (INTEGER primary key), owner_id (INTEGER foreign key)." in words
    assert "tasks.owner_id points to users.id, on delete cascade: many tasks" in words
    assert "users.boss_id points to users.id" in words


def test_a_ring_of_keys_and_a_key_to_a_missing_table_can_be_drawn(tmp_path: Path) -> None:
    ring = photo(
        tmp_path,
        "ring",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b_id INTEGER REFERENCES b (id))",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id), c INTEGER REFERENCES c)",
    )
    ET.fromstring(er(ring).svg)


def test_a_parent_stands_left_of_its_children_and_next_to_the_nearest(tmp_path: Path) -> None:
    shot = photo(
        tmp_path,
        "tags",
        "CREATE TABLE users (id INTEGER PRIMARY KEY)",
        "CREATE TABLE tasks (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES users (id))",
        "CREATE TABLE tags (id INTEGER PRIMARY KEY)",
        "CREATE TABLE task_tags (task_id INTEGER REFERENCES tasks (id), tag_id INTEGER REFERENCES tags (id))",
    )
    boxes = _place(shot)
    assert boxes["users"].x < boxes["tasks"].x == boxes["tags"].x < boxes["task_tags"].x


def test_a_key_to_a_column_that_is_not_there_can_be_drawn(tmp_path: Path) -> None:
    shot = photo(
        tmp_path,
        "typo",
        "CREATE TABLE users (id INTEGER PRIMARY KEY)",
        "CREATE TABLE tasks (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES users (idd))",
    )
    ET.fromstring(er(shot).svg)


def pictures(folder: Path) -> list[str]:
    return [
        er(Photo()).svg,
        er(photo(folder, "family", *FAMILY)).svg,
        graph(CHAIN, ("0002",)).svg,
        graph(BRANCHES, ("0016", "0017")).svg,
        graph(BRANCHES, ("0016",), "0016").svg,
        graph([Step("b", "two", ("a",)), Step("c", "three", ("a",), ("b",)), Step("a", "one")], ("c",)).svg,
        graph([]).svg,
    ]


def test_every_picture_is_well_formed_and_says_what_it_is(tmp_path: Path) -> None:
    for svg in pictures(tmp_path):
        root = ET.fromstring(svg)
        assert root.get("aria-label")
        assert root.find("{http://www.w3.org/2000/svg}title") is not None


def test_names_from_a_database_cannot_break_out_of_the_picture(tmp_path: Path) -> None:
    shot = photo(tmp_path, "odd", 'CREATE TABLE "<b>&" ("</svg>" INTEGER)')
    assert "</svg></svg>" not in er(shot).svg
    ET.fromstring(er(shot).svg)
    ET.fromstring(graph([Step("<1>", "a < b & c")], ("<1>",)).svg)


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_pictures_have_the_same_bytes_in_every_run(tmp_path: Path, seed: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    program = (
        "import sys; from pathlib import Path; from tests.workbook.test_diagrams import pictures\n"
        "sys.stdout.buffer.write('\\n'.join(pictures(Path(sys.argv[1]))).encode())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, other],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    assert run.stdout.decode() == "\n".join(pictures(tmp_path))


def test_a_key_whose_values_may_not_repeat_is_one_to_one(tmp_path: Path) -> None:
    shot = photo(
        tmp_path,
        "one",
        "CREATE TABLE users (id INTEGER PRIMARY KEY)",
        "CREATE TABLE profiles (user_id INTEGER PRIMARY KEY REFERENCES users (id))",
        "CREATE TABLE settings (id INTEGER PRIMARY KEY, user_id INTEGER UNIQUE REFERENCES users (id))",
    )
    words = er(shot).words
    assert "at most one row of profiles may belong to one row of users" in words
    assert "at most one row of settings may belong to one row of users" in words
