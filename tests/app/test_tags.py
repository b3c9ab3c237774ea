"""Tags: found however they are spelled, at every revision that has them, and by the rules of the history."""

# ruff: noqa: RUF001  letters that look like others are what this is about
from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from taskmaster.spelling import fold, tidy
from tests.app.conftest import App
from tests.migrations import history

At = Callable[[str], App]
WITH_TAGS = ["0011", "0012", "0013", "0014", "0015", "0016", "0017", "0016 and 0017", "0018", "0019"]
every_revision = pytest.mark.parametrize("revision", WITH_TAGS)

# Spellings of one word, as people of many languages write it.
SAME = [
    ["Work", "work", " WORK ", "w\u200bork", "\ufeffWork", "Ｗｏｒｋ"],
    ["to do", "To  Do", "TO\tDO", "to\u00a0do", " to\u3000do\n"],
    ["Straße", "STRASSE", "straße"],
    ["Ärzte", "ärzte", "A\u0308rzte"],
    ["İstanbul", "istanbul", "ISTANBUL", "I\u0307stanbul"],
    ["ΟΔΟΣ", "οδος", "οδοσ"],
    ["Работа", "работа", "РАБОТА"],
    ["ﬁsh", "fish", "FISH"],
    ["ᎠᎡ", "ꭰꭱ"],
    ["Ⅻ", "xii"],
    ["가족", "\u1100\u1161\u110c\u1169\u11a8"],
    ["カフェ", "ｶﾌｪ"],
    ["𝓕amily", "family"],
    ["🦉 owl", "🦉  Owl"],
]
DIFFERENT = [
    "a",
    "ä",
    "å",
    "work",
    "works",
    "i",
    "ı",
    "e",
    "é",
    "の",
    "仕事",
    "仕亊",
    "б",
    "в",
    "1",
    "2",
    "#a",
    "a b",
]


def revision_file(name: str) -> Any:
    path = history.PROJECT / "migrations" / "versions" / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", ["0012_make_categories_tags.py", "0013_retire_category.py"])
def test_the_app_folds_words_as_the_history_did(file: str) -> None:
    revision = revision_file(file)
    planes = [*range(0xD800), *range(0xE000, 0x20000), *range(0x2F800, 0x2FA20), *range(0xE0000, 0xE0200)]
    letters = list(map(chr, planes))  # all that have a case, or are another's spelling
    # Between others too, where casing and composing depend on the neighbours.
    between = [f"i{letter} A{letter}\u0307Σ" for letter in letters if fold(letter) != letter]
    words = [*letters, *between, *DIFFERENT, *(word for same in SAME for word in same)]
    assert all(fold(word) == revision.fold(word) and tidy(word) == revision.tidy(word) for word in words)


@pytest.mark.parametrize("words", SAME, ids=lambda words: words[0])
def test_the_spellings_of_a_word_fold_to_one(words: list[str]) -> None:
    assert len({fold(word) for word in words}) == 1


def test_different_words_stay_different() -> None:
    assert len({fold(word) for word in DIFFERENT}) == len(DIFFERENT)


def test_folding_twice_changes_nothing() -> None:
    for word in [word for same in SAME for word in same]:
        assert fold(fold(word)) == fold(word)
        assert tidy(tidy(word)) == tidy(word)


@pytest.mark.parametrize(
    ("revision", "words"),
    [*((revision, SAME[0]) for revision in WITH_TAGS), *(("0019", words) for words in SAME)],
    ids=lambda words: words[0] if isinstance(words, list) else words,
)
def test_a_tag_is_found_however_it_is_spelled_and_shown_as_it_was_first(
    at: At, revision: str, words: list[str]
) -> None:
    app = at(revision)
    for word in words:
        app.ok(["add", "Water", "--tag", word])
    assert [tag["name"] for tag in app.json("tags")] == [tidy(words[0])]
    for word in words:
        assert f"{len(words)} open tasks" in app.ok(["list", "--tag", word])
    assert {tuple(task["tags"]) for task in app.json("list")} == {(tidy(words[0]),)}


@every_revision
def test_a_list_can_ask_for_several_tags(at: At, revision: str) -> None:
    app = at(revision)
    app.ok("add a --tag x --tag y --tag X")
    app.ok("add b --tag y")
    app.ok("add c")

    def titles(options: str) -> list[str]:
        return [task["title"] for task in app.json(f"list {options}")]

    assert titles("--tag y") == ["a", "b"]
    assert titles("--tag y --tag X") == ["a"]
    assert titles("--tag none") == ["c"]
    assert app.json("list")[0]["tags"] == ["x", "y"]
    assert app.refuses("list --tag z") == 'There is no tag "z". All there are: taskmaster tags\n'


@every_revision
def test_tags_are_added_and_taken_away_and_the_undo_undoes_it(at: At, revision: str) -> None:
    app = at(revision)
    app.ok("add a --tag x --tag y")
    app.ok("add b")
    before = app.json("list --all")
    for call, told in (
        ("edit 1-2 --tag z --tag Y", ["tags x, y, z", "tags y, z"]),
        ("edit 1-2 --untag X", ["tag y", "no tags"]),
        ("edit 1 --tag none", ["no tags"]),
        ("edit 1-2 --tag none --tag z", ["tag z", "tag z"]),
    ):
        said = app.ok(call).splitlines()
        changed = [line for line in said if line.startswith("Changed")]
        assert [line.partition("(")[2] for line in changed] == [f"{tags})" for tags in told]
        for line in said[len(changed) :]:
            app.ok(line.removeprefix("Undo: taskmaster "))
        assert app.json("list --all") == before
    assert app.refuses("edit 1 --untag nope").startswith('There is no tag "nope".')


@every_revision
def test_tags_are_listed_with_their_tasks_and_stay_until_they_are_removed(at: At, revision: str) -> None:
    app = at(revision)
    assert app.ok("tags") == "No tags.\n"
    app.ok("add a --tag Work --tag home")
    app.ok("add b --tag work")
    app.ok("done 2")
    app.ok("edit 1 --untag home")
    assert app.ok("tags") == "Tag   Open  Tasks\nhome  0     0\nWork  1     2\n\n2 tags\n"
    assert app.json("tags") == [
        {"id": 2, "name": "home", "open": 0, "all": 0},
        {"id": 1, "name": "Work", "open": 1, "all": 2},
    ]
    assert app.ok("tag rm HOME") == "Removed tag home, which 0 tasks had\n"
    assert app.ok("tag rm work") == (
        "Removed tag Work, which 2 tasks had\nUndo: taskmaster edit 1-2 --tag Work\n"
    )
    assert app.json("tags") == []
    assert [task["tags"] for task in app.json("list --all")] == [[], []]


@every_revision
def test_a_tag_gets_another_name_but_not_that_of_another(at: At, revision: str) -> None:
    app = at(revision)
    app.ok("add a --tag wrok --tag home")
    assert app.ok("tag rename wrok 'My  Work'") == (
        "Renamed tag wrok: My Work\nUndo: taskmaster tag rename 'My Work' wrok\n"
    )
    app.ok("tag rename 'my work' 'MY WORK'")
    assert app.json("list --tag 'my work'")[0]["tags"] == ["home", "MY WORK"]
    said = app.refuses("tag rename 'my work' HOME").splitlines()
    assert said[0] == 'There is a tag "home" already. Nothing was changed.'
    for line in said[1:]:
        app.ok(line.partition("taskmaster ")[2])
    assert app.json("list")[0]["tags"] == ["home"]
    assert app.refuses("tag rename nope x").startswith('There is no tag "nope".')


def test_an_unknown_tag_gets_a_suggestion(app: App) -> None:
    app.ok("add a --tag Phone")
    assert app.refuses("list --tag phnoe") == 'There is no tag "phnoe". Did you mean Phone?\n'


@every_revision
def test_a_removed_task_comes_back_with_its_tags(at: At, revision: str) -> None:
    app = at(revision)
    app.ok("add a --tag x --tag Y")
    before = app.ok("export")
    app.ok(app.ok("rm 1").splitlines()[-1].removeprefix("Undo: taskmaster "))
    assert app.ok("export") == before


def test_a_category_becomes_a_tag_and_the_app_says_so_at_every_step(at: At) -> None:
    app = at("0010")
    app.ok("add a --category Work")
    app.ok("add b --category 'work '")
    history.upgrade(app.url, "0011")
    assert "There is no tag" in app.refuses("list --tag work")
    assert app.ok("show 1").count("Work") == 1
    history.upgrade(app.url, "0012")
    assert (
        "2 open tasks"
        in app.ok("list --tag WORK")
        == app.ok("list --category work") * 0 + app.ok("list --tag work")
    )
    app.ok("add c --category Late")  # after 0012, so 0013 has to see it
    history.upgrade(app.url, "0013")
    assert "1 open task" in app.ok("list --tag late")
    assert [task["category"] for task in app.json("list --sort id")] == ["Work", "work", "Late"]
    said = app.refuses("list --category work")
    assert said == (
        '"--category" is retired since revision 0013 (retire the category): use --tag NAME instead.\n'
    )
    assert app.refuses("edit 1 --category none") == said == app.refuses("add d --category x")
    history.upgrade(app.url)
    assert [task["tags"] for task in app.json("list --sort id")] == [["Work"], ["Work"], ["Late"]]
    assert {task["category"] for task in app.json("list")} == {None}
