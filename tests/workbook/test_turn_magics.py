"""%check and %hint: the student's blog, checked from the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbook import stage, turn, workspace
from workbook.turn_magics import check, hint


@pytest.fixture
def here(scratch: Path) -> Path:
    """A workspace, which is empty, and lesson 02."""
    stage.begin("02")
    return workspace.folder(None)


def test_before_the_first_attempt_every_task_of_the_lesson_is_named(here: Path) -> None:
    lines = repr(check("")).splitlines()
    assert len(lines) == 1 + len(turn.named("02"))
    assert all(line.startswith("· 02") and line.endswith(": not attempted") for line in lines[:-1])
    assert lines[-1].endswith("For a hint: %hint 02")
    assert not here.exists(), "a look makes nothing"


def test_a_lesson_that_is_done_says_so_and_another_can_be_asked_about(here: Path) -> None:
    turn.goto(here, turn.named("03")[0])
    said = repr(check(""))
    assert said.startswith("✓ 02 ")
    assert "All correct." in said
    assert repr(check("01.2")).startswith("✓ 01.2 ")
    assert repr(check("3")).startswith("· 03 ")


def test_what_is_wrong_stands_below_its_task_on_the_page_as_in_the_words(here: Path) -> None:
    turn.goto(here, turn.named("03")[0])
    path = next((here / "blog" / "migrations" / "versions").glob("b03*.py"))
    path.write_text(path.read_text(encoding="utf-8").replace("sa.Text()", "sa.Txt()"), encoding="utf-8")
    card = check("")
    assert "\n  In migrations/versions/b03" in repr(card)
    assert "&#x27;Txt&#x27;" in card.html


def test_a_hint_is_for_the_first_task_that_is_not_correct_and_the_next_call_gives_the_next(
    here: Path,
) -> None:
    turn.goto(here, turn.named("01.2")[0])
    task = turn.named("01")[1]
    assert task.hints[0] in repr(hint("01"))
    assert f"hint 2 of {len(task.hints)}" in repr(hint("01.2"))


def test_code_in_backticks_is_code_on_the_page_and_keeps_its_backticks_in_the_words(here: Path) -> None:
    card = hint("01.1")
    assert ">alembic revision -m &quot;create posts&quot;</code>" in card.html
    assert "`" not in card.html
    assert '`alembic revision -m "create posts"`' in repr(card)


def test_no_hint_where_all_is_correct(here: Path) -> None:
    turn.goto(here, turn.named("02")[0])
    with pytest.raises(stage.Problem, match="all tasks of this lesson are correct"):
        hint("01")


@pytest.mark.parametrize("words", ["99", "02 03", "x", "2.7"])
def test_wrong_words_are_a_sentence(here: Path, words: str) -> None:
    for magic in (check, hint):
        with pytest.raises(stage.Problem, match=r"^[^\n]+$"):
            magic(words)


def test_before_a_lesson_has_begun_it_says_what_to_do(scratch: Path) -> None:
    with pytest.raises(stage.NoLesson):
        check("")
