import re
from html import unescape

from workbook import html

OLD = "class Todo(Base):\n    id = 1\n    name = 2\n"
NEW = "class Todo(Base):\n    id = 1\n    name = 2\n    done = 3\n"


def test_a_difference_shows_each_line_with_its_sign() -> None:
    assert html.text_difference(OLD, NEW).splitlines() == [
        "  class Todo(Base):",
        "      id = 1",
        "      name = 2",
        "+     done = 3",
    ]


def test_a_change_deep_in_a_class_names_the_class_once() -> None:
    old = "import x\n\n\nclass User(Base):\n" + "".join(f"    a{at} = 1\n" for at in range(20))
    new = old.replace("    a9 = 1", "    a9 = 2").replace("    a18 = 1", "    a18 = 2")
    assert html.text_difference(old, new).splitlines() == [
        "  class User(Base):",
        "…",
        "      a7 = 1",
        "      a8 = 1",
        "-     a9 = 1",
        "+     a9 = 2",
        "      a10 = 1",
        "      a11 = 1",
        "…",
        "      a16 = 1",
        "      a17 = 1",
        "-     a18 = 1",
        "+     a18 = 2",
        "      a19 = 1",
    ]


def test_unchanged_parts_far_from_a_change_are_left_out() -> None:
    filler = "\n".join(f"x{at} = 0" for at in range(20))
    lines = html.text_difference(f"a = 1\n{filler}\nb = 1\n", f"a = 2\n{filler}\nb = 2\n").splitlines()
    assert lines[:3] == ["- a = 1", "+ a = 2", "  x0 = 0"]
    assert "…" in lines
    assert "  x10 = 0" not in lines


def test_code_from_a_file_cannot_break_out_of_the_page() -> None:
    assert "<script>" not in html.code("x = '<script>'", "python")
    assert "<script>" not in html.table(["<script>"], [["<script>"]])
    assert "<script>" not in html.card("<script>", html.note("<script>"))
    assert "<script>" not in html.difference("<script>", "<script>2")


def test_odd_line_ends_do_not_upset_a_difference() -> None:
    assert html.text_difference("a\x0cb\u2028c", "a\x0cb\u2028c\nd\n").splitlines()
    assert html.difference("a\x0cb\u2028c", "")


def test_a_text_table_has_no_spaces_at_the_ends_of_its_lines() -> None:
    text = html.text_table(["a", "b"], [["1", ""], [html.Cell("22", span=2), None]])
    assert text == "a   b\n--  -\n1\n22"


def test_numbered_code_counts_from_where_it_is_told() -> None:
    assert ">9  </span>" in html.code("a\nb\n", "python", first=8)


def test_code_is_still_code_where_a_page_takes_all_styles_away() -> None:
    source = "def f():\n\n    return 'é'\n"
    without_tags = unescape(re.sub(r"<[^>]*>", "", html.code(source, "python")))
    assert without_tags == source
    changed = unescape(re.sub(r"<[^>]*>", "", html.difference(OLD, NEW)))
    assert changed == html.text_difference(OLD, NEW) + "\n"


def test_the_sign_of_a_change_stays_with_its_word() -> None:
    assert (
        "white-space:nowrap"
        in html.table(["", "what"], [[html.Cell("~ changed", sign="~"), ""]]).split("<td")[1]
    )
    long = html.Cell("+ new, '2026-03-02 09:00:00' everywhere", sign="+")
    assert "white-space:nowrap" not in html.table(["what"], [[long]]).split("<td")[1]


def test_folded_text_breaks_between_words() -> None:
    assert "word-break:normal" in html.folded("The picture in words", "Table todo: id, name.")
