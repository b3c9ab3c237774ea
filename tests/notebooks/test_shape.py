"""Every lesson has the shape that its readers learn to rely on."""

from __future__ import annotations

import re

from tests.notebooks.conftest import LESSONS, NOTEBOOKS, Lesson

HEADINGS = [
    "Recall",
    "The problem",
    "Predict",
    "The revision",
    "Run it",
    "Undo it",
    "The trap",
    "Spot the bug",
    "In a terminal",
    "Your turn",
    "Key points",
]
# The one with three stops, the museum, the ones with two databases, with several people, and with both.
MOST_CELLS = {"06": 51, "11": 51, "13": 51, "14": 88, "15": 51, "16": 51, "17": 66}
NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)


def test_the_lessons_are_numbered_without_a_gap() -> None:
    assert [path.name[:2] for path in LESSONS] == [f"{number:02}" for number in range(len(LESSONS))]
    assert len(LESSONS) >= 7


def test_the_headings_stand_in_their_order(lesson: Lesson) -> None:
    assert re.findall(r"^## (.+)$", lesson.prose, re.MULTILINE) == HEADINGS


def test_every_heading_stands_alone_or_it_would_not_be_one(page: Lesson) -> None:
    """A line of `##` right under a `</details>` is text to a Markdown reader."""
    for cell in page.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"[^\n]\n#{1,3} ", cell.source)


def test_a_lesson_has_a_length_that_fits_one_evening(lesson: Lesson) -> None:
    cells = len(lesson.cells) - len(lesson.instructor_notes)
    assert 20 <= cells <= MOST_CELLS.get(lesson.number, 36)


def test_the_first_cell_says_what_for_how_long_and_what_comes_before(lesson: Lesson) -> None:
    opening = lesson.cells[0].source
    assert re.match(r"# [A-Z]", opening)
    assert "**After this lesson you can**" in opening
    assert 4 <= len(NUMBERED.findall(opening)) <= 7
    assert re.search(r"^\d+ minutes to read and run, \d+ to practise\. You need ", opening, re.MULTILINE)


def test_the_second_cell_makes_the_copy_in_one_line(lesson: Lesson) -> None:
    assert lesson.cells[1].source == f'from workbook import lesson; lesson("{lesson.number}")'


def test_every_objective_is_answered_by_a_key_point(page: Lesson) -> None:
    points = page.section("Key points").split("**New words**")[0]
    assert len(NUMBERED.findall(points)) == len(NUMBERED.findall(page.cells[0].source))


def test_two_questions_recall_what_came_before(lesson: Lesson) -> None:
    assert lesson.section("Recall").count("<summary>") == 2


def test_the_prediction_offers_choices_and_every_one_gets_its_answer(lesson: Lesson) -> None:
    choices = re.findall(r"^(\d)\. ", lesson.section("Predict"), re.MULTILINE)
    assert len(choices) >= 3
    answers = re.findall(r"^(?:- )?\*\*(\d)[.,:]?", lesson.section("Run it"), re.MULTILINE)
    assert sorted(set(answers)) == sorted(set(choices)), "one line that begins with **N** for each choice"


def test_it_ends_with_new_words_and_one_question(lesson: Lesson) -> None:
    ending = lesson.section("Key points")
    assert "**New words**" in ending
    question = ending.split("**Before you go**")
    assert len(question) == 2
    assert question[1].count("<summary>") == 1


def test_every_new_word_stands_in_the_glossary(lesson: Lesson) -> None:
    words = re.findall(r"\]\(glossary\.md#([^)]+)\)", lesson.prose)
    assert words
    assert set(words) <= glossary_anchors()


def test_every_link_leads_somewhere(page: Lesson) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.prose):
        if not re.match(r"https?://", target):
            assert (NOTEBOOKS / target).exists(), target


def test_the_instructor_finds_notes(lesson: Lesson) -> None:
    assert len(lesson.instructor_notes) >= 3
    for note in lesson.instructor_notes:
        assert note.source.startswith("> **For the instructor.**")
        assert all(line.startswith(">") for line in note.source.splitlines())


def test_every_cell_was_run_in_order(page: Lesson) -> None:
    """nbval passes a cell that was never run, whatever it does."""
    counts = [cell.execution_count for cell in page.code]
    assert counts == list(range(1, len(counts) + 1))


def test_no_cell_ends_in_a_traceback_or_hides_from_nbval(page: Lesson) -> None:
    for cell in page.code:
        assert not any(output.output_type == "error" for output in cell.outputs)
        assert not {tag for tag in cell.metadata.get("tags", []) if tag.startswith("nbval")}
        assert "NBVAL" not in cell.source


def test_no_output_is_a_complaint_of_the_kit(page: Lesson) -> None:
    """A magic that could not do what the page wants says so behind its own name."""
    for cell in page.code:
        for output in cell.outputs:
            shown = output.get("text") or output.get("data", {}).get("text/plain", "")
            assert not re.search(r"^%{1,2}\w+: ", shown, re.MULTILINE), shown


def test_no_cell_leaves_the_kernel(page: Lesson) -> None:
    for cell in page.code:
        assert not re.search(
            r"^\s*(!|%%?(bash|sh|system|script)\b)|subprocess|os\.system", cell.source, re.MULTILINE
        )


def test_an_appendix_says_for_how_long_what_comes_before_and_what_was_not_tried(appendix: Lesson) -> None:
    opening = appendix.cells[0].source
    assert re.search(r"^\d+ minutes to read and run\. You need lesson \d\d\.", opening, re.MULTILINE)
    assert "**Not tried**" in appendix.section("Tried here, and not tried")


def test_the_glossary_is_in_alphabetical_order_and_every_word_is_used() -> None:
    words = re.findall(r"^### (.+)$", (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert words == sorted(words, key=str.casefold)
    assert words == [word.lower() for word in words], "JupyterLab keeps capitals in its anchors"
    linked = "".join(path.read_text(encoding="utf-8") for path in LESSONS)
    assert [word for word in words if f"glossary.md#{anchor(word)}" not in linked] == []


def glossary_anchors() -> set[str]:
    text = (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
    return {anchor(word) for word in re.findall(r"^### (.+)$", text, re.MULTILINE)}


def anchor(heading: str) -> str:
    """The anchor that Jupyter and GitHub give a heading: lower case, dashes for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_your_turn_ends_with_a_check_that_says_how_to_get_a_hint(lesson: Lesson) -> None:
    turn = lesson.section("Your turn")
    assert f"`pipenv run workbook check {lesson.number}`" in turn
    assert "`%hint`" in turn
    checks = [cell for cell in lesson.cells if cell.cell_type == "code" and cell.source == "%check"]
    assert len(checks) == 1
    said = "".join(output.data["text/plain"] for output in checks[0].outputs)
    assert "not attempted" in said
    assert "correct" not in said
