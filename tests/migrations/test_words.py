"""What 0011 to 0014 make of categories: one tag for all spellings of a word, and a way back without loss."""

# ruff: noqa: RUF001  letters that look like others are what this is about
from __future__ import annotations

import logging
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import URL

from tests.migrations import history
from tests.migrations.history import run, value


def with_categories(url: URL, *categories: str | None, at: str = "0011") -> URL:
    """Bring a fresh database to a revision; task 1 has the first category, task 2 the second, …"""
    history.upgrade(url, at)
    rows = [{"id": id_, "title": "x", "category": category} for id_, category in enumerate(categories, 1)]
    with history.engine(url).begin() as connection:
        connection.execute(
            sa.text("INSERT INTO tasks (id, title, category) VALUES (:id, :title, :category)"), rows
        )
    return url


def set_category(url: URL, task: int, category: str | None) -> None:
    with history.engine(url).begin() as connection:
        connection.execute(
            sa.text("UPDATE tasks SET category = :category WHERE id = :id"),
            {"id": task, "category": category},
        )


def tags(url: URL) -> dict[str, set[int]]:
    """The tasks of each tag, by the tag's name."""
    found: dict[str, set[int]] = {name: set() for (name,) in run(url, "SELECT name FROM tags ORDER BY id")}
    for name, task in run(url, "SELECT name, task_id FROM tags JOIN task_tags ON tag_id = tags.id"):
        found[name].add(task)
    return found


def stored(url: URL, table: str = "tasks") -> dict[int, str | None]:
    """The category of each task, as it is written in this table."""
    key = "id" if table == "tasks" else "task_id"
    return dict(run(url, f"SELECT {key}, category FROM {table}"))


# -------------------------------------------------------------------------------- 0011: tags and links


def test_0011_leaves_the_tasks_alone_and_below_it_they_are_as_they_were(database: URL) -> None:
    before = history.rows(history.made_at(database, "0010"))
    history.upgrade(database, "0011")
    assert history.rows(database) == before | {"tags": [], "task_tags": []}

    history.downgrade(database, "0010")
    assert history.rows(database) == before


def test_a_link_goes_with_its_task_or_its_tag_and_takes_nothing_along(database: URL) -> None:
    history.made_at(database, "0011")
    run(database, "INSERT INTO task_tags VALUES (5, 2)", "DELETE FROM tasks WHERE id = 6")
    assert tags(database) == {"HOME": {1, 5}, "Straße 🦉": {1}}

    run(database, "DELETE FROM tags WHERE id = 2")
    assert tags(database) == {"Straße 🦉": {1}}
    assert value(database, "SELECT count(*) FROM tasks WHERE id IN (1, 5)") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        "INSERT INTO tags (name, folded) VALUES ('Home', 'home')",
        "INSERT INTO tags (name, folded) VALUES (NULL, 'x')",
        "INSERT INTO tags (name, folded) VALUES ('x', NULL)",
        "INSERT INTO task_tags VALUES (1, 2)",
        "INSERT INTO task_tags VALUES (1, 99)",
        "INSERT INTO task_tags VALUES (99, 2)",
        "INSERT INTO task_tags VALUES (1, NULL)",
        "INSERT INTO task_tags VALUES (NULL, 2)",
    ],
)
def test_a_tag_stands_once_and_a_link_once_and_between_two_that_are_there(database: URL, wrong: str) -> None:
    history.made_at(database, "0011")

    with pytest.raises(sa.exc.IntegrityError):
        run(database, wrong)


# ---------------------------------------------------------------- 0012: which spellings are one word


SPELLINGS = [
    ["Work", "work", " WORK ", "w\u200bork", "\ufeffWork", "wo\u00adrk"],
    ["Straße", "STRASSE", "strasse", "STRAẞE"],
    ["ΟΔΟΣ", "οδος", "οδοσ", "οδοΣ"],
    ["İstanbul", "istanbul", "ISTANBUL", "I\u0307stanbul", "i\u0307stanbul"],
    ["Ｗｏｒｋ\u3000１", "work 1", "𝐖ork ①"],
    ["Работа", "РАБОТА", "работа"],
    ["عمل\u00a0منزل", "عمل منزل", " عمل  منزل\u200f", "عمل\u202fمنزل"],
    ["café", "cafe\u0301", "CAFÉ", "CAFE\u0301"],
    ["Ǟ", "Ä\u0304", "A\u0308\u0304", "ǟ"],
    ["🦉 owl", "🦉\u2003Owl", "🦉\n\tOWL "],
    ["👩‍👧", " 👩‍👧 "],
    ["\u1100\u1161\u110c\u1169\u11a8", "가족"],
    ["ﬁle", "FILE", "file"],
    ["\u1e9b\u0323", "\u017f\u0323\u0307", "s\u0323\u0307", "ṩ", "Ṩ"],
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda spellings: spellings[0].strip())
def test_all_spellings_of_a_word_are_one_tag(sqlite: URL, spellings: list[str]) -> None:
    history.upgrade(with_categories(sqlite, *spellings), "0012")

    assert list(tags(sqlite).values()) == [set(range(1, len(spellings) + 1))]


def test_postgresql_tells_the_same_words_apart_as_sqlite(sqlite: URL, postgres: URL) -> None:
    words = [spelling for spellings in SPELLINGS for spelling in spellings]
    for url in (sqlite, postgres):
        history.upgrade(with_categories(url, *words), "0013")

    assert len(tags(sqlite)) == len(SPELLINGS)
    assert history.rows(sqlite) == history.rows(postgres)


DIFFERENT = [
    "a", "ä", "å", "ae", "work", "works", "i", "ı", "é", "e", "ο", "o", "о", "が", "か", "б", "в", "#a",
    "a b", "ab", "a-b", "a_b", "NULL", "None", "0", "👩", "👩\u200d👧", "می\u200cخواهم", "میخواهم",
    "%", "_", "'", "\\", "''", ":a", "?",
]  # fmt: skip


def test_different_words_are_different_tags(database: URL) -> None:
    history.upgrade(with_categories(database, *DIFFERENT), "0012")

    assert tags(database) == {word: {id_} for id_, word in enumerate(DIFFERENT, 1)}


SPACES = [chr(code) for code in range(1, sys.maxunicode) if chr(code).isspace()]


def test_no_category_an_empty_one_and_one_of_any_kind_of_spaces_make_no_tag(database: URL) -> None:
    nothing = [None, "", *SPACES, "".join(SPACES), "\u200b", "\ufeff", " \u00ad \u2060"]
    history.upgrade(with_categories(database, *nothing), "0013")

    assert tags(database) == {}
    assert value(database, "SELECT count(*) FROM task_tags") == 0
    assert stored(database, "retired_category") == dict(enumerate(nothing[1:], 2))


def test_any_kind_of_space_between_words_is_one_space(database: URL) -> None:
    written = [f"{space}to{space}{space}do{space}" for space in SPACES]
    history.upgrade(with_categories(database, *written), "0012")

    assert tags(database) == {"to do": set(range(1, len(written) + 1))}


# --------------------------------------------------------------------- 0012: what the tag is called


@pytest.mark.parametrize(
    ("categories", "name"),
    [
        (["home", "Home", "Home"], "Home"),
        (["home", "home", "Home"], "home"),
        (["HOME", "home", "Home"], "HOME"),
        (["home", "Home", "home", "Home"], "home"),
        (["Home", "at", "home", "home", "Home"], "Home"),
        ([" home", "Home", "home  "], "home"),
        (["cafe\u0301", "CAFÉ", "café", "CAFÉ"], "café"),
        (["To  Do", "to do", "To\u00a0Do"], "To Do"),
        (["ＡＢ", "ab", "ＡＢ"], "ＡＢ"),
    ],
)
def test_a_tag_is_called_as_most_tasks_spell_it_or_else_as_the_first(
    database: URL, categories: list[str], name: str
) -> None:
    history.upgrade(with_categories(database, *categories), "0012")

    assert name in tags(database)


def test_the_first_is_the_one_of_the_lowest_id_not_the_one_written_first(database: URL) -> None:
    history.upgrade(database, "0011")
    for id_, category in [(30, "HOME"), (20, "Home"), (10, "home")]:
        run(database, f"INSERT INTO tasks (id, title, category) VALUES ({id_}, 'x', '{category}')")
    history.upgrade(database, "0012")

    assert tags(database) == {"home": {10, 20, 30}}


def test_a_tag_that_somebody_made_is_used_and_keeps_its_name(database: URL) -> None:
    with_categories(database, "Home", "home", "home", "other")
    run(
        database,
        "INSERT INTO tags (id, name, folded) VALUES (7, 'HOME!', 'home')",
        "INSERT INTO task_tags VALUES (1, 7), (4, 7)",
    )
    history.upgrade(database, "0012")

    assert tags(database) == {"HOME!": {1, 2, 3, 4}, "other": {4}}


# ----------------------------------------------------------------------------- 0012: nothing else


def test_0012_changes_nothing_but_the_tags_and_below_it_they_stay(database: URL) -> None:
    before = history.rows(history.made_at(database, "0011"))
    history.upgrade(database, "0012")
    at_0012 = history.rows(database)
    assert {name: rows for name, rows in at_0012.items() if name not in {"tags", "task_tags"}} == {
        name: rows for name, rows in before.items() if name not in {"tags", "task_tags"}
    }
    for name in ("tags", "task_tags"):  # what was there is there
        assert all(row in at_0012[name] for row in before[name])

    history.downgrade(database, "0011")
    assert history.rows(database) == at_0012
    history.upgrade(database, "0012")
    assert history.rows(database) == at_0012


def test_thousands_of_words_are_as_many_tags(database: URL) -> None:
    words = [f"Wort {number} ß" for number in range(4000)]
    history.upgrade(with_categories(database, *words, *map(str.upper, words), *words), "0012")

    assert [*tags(database)] == words
    assert value(database, "SELECT count(*) FROM task_tags") == 12_000
    assert value(database, "SELECT max(tag_id) FROM task_tags WHERE task_id % 4000 = 1") == 1


def test_more_tasks_than_a_batch_all_get_their_tag_and_the_log_says_how_far_it_is(
    database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    history.upgrade(database, "0011")
    run(
        database,
        """INSERT INTO tasks (id, title, category)
           WITH RECURSIVE n (i) AS (SELECT -5 UNION ALL SELECT i + 1 FROM n WHERE i < 100001)
           SELECT CASE WHEN i < 50000 THEN i ELSE 2000000000 - i END, 'x',
                  CASE i % 3 WHEN 0 THEN 'three' WHEN 1 THEN 'One' END FROM n""",
    )
    caplog.set_level(logging.INFO)
    history.upgrade(database, "0012")

    missing = (
        "SELECT count(*) FROM tasks WHERE category IS NOT NULL AND id NOT IN (SELECT task_id FROM task_tags)"
    )
    assert value(database, missing) == 0
    assert value(database, "SELECT count(category) FROM tasks") == value(
        database, "SELECT count(*) FROM task_tags"
    )
    progress = [message.split(",")[0] for message in caplog.messages if "tasks read" in message]
    assert progress == ["50000 tasks read", "100000 tasks read", "100007 tasks read"]


# ------------------------------------------------------------------------ 0013: what came since


def test_a_category_that_changed_since_0012_is_a_second_tag_of_its_task(database: URL) -> None:
    history.upgrade(with_categories(database, "home", "home", "Work", "gone"), "0012")
    set_category(database, 1, "WORK ")
    set_category(database, 2, "Neu")
    set_category(database, 4, None)
    run(database, "INSERT INTO tasks (id, title, category) VALUES (5, 'x', 'neu')")
    history.upgrade(database, "0013")

    assert tags(database) == {"home": {1, 2}, "Work": {1, 3}, "gone": {4}, "Neu": {2, 5}}
    assert stored(database, "retired_category") == {1: "WORK ", 2: "Neu", 3: "Work", 5: "neu"}


def test_a_tag_that_was_taken_off_a_task_since_comes_back_with_its_category(database: URL) -> None:
    history.upgrade(with_categories(database, "home"), "0012")
    run(database, "DELETE FROM task_tags")
    history.upgrade(database, "0013")

    assert tags(database) == {"home": {1}}


AWKWARD = [
    "home", " home", "home ", "HOME", "", " ", "\u00a0", None, "cafe\u0301", "café", "a\nb", "a\tb",
    "NULL", "0", "'", '"', "%s :x ?", "\u200bwork", "ＷＯＲＫ", "Straße", "🦉" * 50, "long " * 500,
    "\x01\x7f", "\ufeff", "\u202eabc\u202c",
]  # fmt: skip


@pytest.mark.parametrize("made", ["0011", "0012"])
def test_every_category_comes_back_to_the_byte(database: URL, made: str) -> None:
    before = stored(with_categories(database, *AWKWARD, at=made))
    everything = history.rows(database)["tasks"]
    for _ in range(2):
        history.upgrade(database, "0013")
        assert stored(database, "retired_category") == {
            task: written for task, written in before.items() if written is not None
        }
        history.downgrade(database, "0012")
        assert stored(database) == before
        assert history.rows(database)["tasks"] == everything


def test_what_happened_at_0013_is_not_undone_below_it(database: URL) -> None:
    history.upgrade(with_categories(database, "home", "work", "work"), "0013")
    run(
        database,
        "DELETE FROM tasks WHERE id = 2",
        "INSERT INTO tasks (id, title) VALUES (9, 'new')",
        "INSERT INTO task_tags SELECT 9, id FROM tags WHERE folded = 'home'",
    )
    assert stored(database, "retired_category") == {1: "home", 3: "work"}
    history.downgrade(database, "0012")

    assert stored(database) == {1: "home", 3: "work", 9: None}
    assert tags(database) == {"home": {1, 9}, "work": {3}}


# -------------------------------------------------------------------------- 0014: what nobody reads


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_0014_says_how_many_spellings_go_and_below_it_how_many_live_on_as_tags(
    database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    history.upgrade(with_categories(database, "home", "HOME", "", None, "work"), "0013")
    at_0013 = history.rows(database)
    caplog.clear()
    history.upgrade(database, "0014")
    lost = len(at_0013.pop("retired_category"))
    assert warnings(caplog) == [f"upgrade 0014 loses how categories were written (retired_category: {lost})"]
    assert history.rows(database) == at_0013

    caplog.clear()
    history.downgrade(database, "0013")
    links = len(at_0013["task_tags"])
    assert warnings(caplog) == [f"retired_category comes back empty, the tags stay (task_tags: {links})"]
    assert history.rows(database) == at_0013 | {"retired_category": []}

    history.downgrade(database, "0011")
    assert set(stored(database).values()) == {None}
    assert tags(database) == {"home": {1, 2}, "work": {5}}


def test_0014_says_nothing_where_nothing_is_lost(database: URL, caplog: pytest.LogCaptureFixture) -> None:
    history.upgrade(with_categories(database, None, None), "0014")
    history.downgrade(database, "0012")

    assert warnings(caplog) == []


def test_the_whole_way_up_keeps_every_word_as_a_tag(database: URL, caplog: pytest.LogCaptureFixture) -> None:
    history.upgrade(with_categories(database, "Home", "home ", "Work", None, at="0005"), "head")

    assert tags(database) == {"Home": {1, 2}, "Work": {3}}
    assert any("(retired_category: 3)" in warning for warning in warnings(caplog))


# ------------------------------------------------------------------------------ the folding itself


@pytest.mark.parametrize("revision", ["0012", "0013"])
def test_folding_what_is_folded_changes_nothing(revision: str) -> None:
    module: Any = history.SCRIPTS.get_revision(revision).module
    for code in range(0x3400):  # every alphabet; above it stand signs of Chinese, and rarities
        folded = module.fold(f"a{chr(code)}b")
        assert module.fold(folded) == folded
        assert module.fold(module.tidy(chr(code))) == module.fold(chr(code))
