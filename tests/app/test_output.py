"""How it looks: in a narrow terminal, with wide characters, with and without colour, with very much of it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from taskmaster import cli, views
from tests.app.conftest import App

TITLES = [
    "Pay the rent",
    "漢字" * 40,
    "👨‍👩‍👧‍👦 " * 30,
    "e\u0301" * 90,
    "long " * 40,
    "\x1b[31mred\x07\u202egnp",
    "a\nb\tc\u2028d",
    "",
]


@pytest.fixture
def filled(app: App) -> App:
    app.sql(
        *(
            f"INSERT INTO tasks (title, notes, estimate, due_on) VALUES ('{title}', 'x', 95, '2026-03-01')"
            for title in TITLES
        ),
        "INSERT INTO tags (name, folded) VALUES ('a long tag', 'a long tag'), ('漢字\x1b', '漢字\x1b')",
        "INSERT INTO task_tags SELECT tasks.id, tags.id FROM tasks, tags",
    )
    return app


@pytest.mark.parametrize("columns", [30, 40, 80])
@pytest.mark.parametrize("call", ["list", "list --all --sort created", "agenda", "user list", "tags"])
def test_no_line_is_wider_than_the_terminal(
    filled: App, monkeypatch: pytest.MonkeyPatch, columns: int, call: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    filled.ok(["user", "add", "a very long name for a user " * 3])
    too_wide = [line for line in filled.ok(call).splitlines() if cell_len(line) > columns]
    assert not [line for line in too_wide if "too narrow" not in line]


def test_wide_characters_and_emoji_are_aligned(filled: App) -> None:
    rows = [line for line in filled.ok("list").splitlines() if "2026-03-01" in line]
    assert len({cell_len(row.partition("2026-03-01")[0]) for row in rows}) == 1
    assert len(rows) == len(TITLES)


def test_control_characters_are_written_out(filled: App) -> None:
    for call in ("list", "show 6-7", "agenda", "done 6", "tags", "edit 6 --tag x", "tag rm '漢字\x1b'"):
        said = filled.ok(call)
        assert not set(said) & set("\x1b\x07\t\u202e\u2028"), call
    assert r"\x1b[31mred\x07\u202egnp" in filled.ok("show 6")
    assert r"a\nb\tc\u2028d" in filled.ok("list --all")


def test_a_long_title_is_shortened_and_shown_whole_on_demand(filled: App) -> None:
    assert "…" in filled.ok("list")
    assert "long " * 39 in filled.ok("show 5")


def test_a_narrow_list_says_what_it_leaves_out(filled: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    said = filled.ok("list --text rent")
    assert said.splitlines()[:3] == [
        "ID  Title         Due           Prio",
        "1   Pay the rent  2026-03-01 !  normal",
        "(too narrow for Owner, Tags, Est)",
    ]


class Terminal(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, line: list[str]) -> str:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert cli.run(line) == 0
    return terminal.getvalue()


def test_a_terminal_gets_colour_and_says_the_same(filled: App, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = filled.ok("list")
    coloured = on_a_terminal(monkeypatch, ["list"])
    assert "\x1b[31m2026-03-01 !" in coloured
    for style in (*(f"\x1b[{code}m" for code in views.STYLES.values()), "\x1b[0m"):
        coloured = coloured.replace(style, "")
    assert [line.rstrip() for line in coloured.splitlines()] == plain.splitlines()


def test_no_color_means_none(filled: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_a_terminal(monkeypatch, ["list"])


def test_json_has_no_colour_and_every_letter(filled: App, monkeypatch: pytest.MonkeyPatch) -> None:
    said = on_a_terminal(monkeypatch, ["list", "--json", "--sort", "id"])
    assert [task["title"] for task in json.loads(said)] == TITLES


@pytest.mark.parametrize("columns", ["", "0", "-3", "wide", "٣", "1" * 5000])
def test_a_width_that_makes_no_sense_is_80(
    filled: App, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    expected = filled.ok("list")
    monkeypatch.setenv("COLUMNS", columns)
    assert filled.ok("list") == expected


@pytest.mark.parametrize("text", ["", "a", "漢字漢字", "e\u0301e\u0301", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦"])
@pytest.mark.parametrize("room", range(1, 6))
def test_shortening_keeps_to_the_room(text: str, room: int) -> None:
    assert cell_len(views.shortened(text, room)) <= room


@pytest.fixture
def many(app: App) -> App:
    tasks = [{"id": n, "title": f"Task {n}", "due_on": "2026-04-01"} for n in range(1, 10_001)]
    Path("many.json").write_text(json.dumps({"taskmaster": 1, "tasks": tasks}), encoding="utf-8")
    assert app.ok("import many.json").endswith("10000 tasks imported, 0 here already.\n")
    return app


def test_ten_thousand_tasks_are_no_trouble(many: App) -> None:
    said = many.ok("list")
    assert said.endswith("20 of 10000 shown\nAll of them: --limit 0\n")
    assert len(said.splitlines()) == 24
    assert len(many.ok("list --limit 0").splitlines()) == 10_003
    assert "10000 tasks later" in many.ok([])
    assert len(many.json("list")) == 10_000
    assert many.ok("done 1-10000").endswith("Undo: taskmaster reopen 1-10000\n")
    many.ok(["rm", *(str(n) for n in range(1, 10_001, 2))])
    assert many.json("stats")["done"] == 5_000
