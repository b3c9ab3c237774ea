"""What one can do at head: every test runs with the declared classes, and with those for older databases."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.app.conftest import App, only_sqlite


@pytest.fixture
def filled(app: App) -> App:
    """Three tasks of two users."""
    app.ok("user add ana --email ana@example.org")
    app.ok("user add bo")
    app.ok("add Pay the rent --due fri --tag home --owner ana --estimate 5 --note 'By bank.'")
    app.ok("add 'Buy milk' --priority low --owner bo")
    app.ok("add 'Call the doctor' --priority urgent --due yesterday")
    return app


def ids_of(app: App, line: str) -> list[int]:
    return [task["id"] for task in app.json(line)]


# -------------------------------------------------------------------------------------------- add


def test_adding_says_what_was_understood(app: App) -> None:
    app.ok("user add ana")
    assert app.ok("add 'Pay the rent' --due friday") == "Added 1: Pay the rent (due Fri 2026-03-06)\n"
    assert app.ok("add Buy milk -p high -o ana --tag Shop --estimate 1.5h --note 'Two\nlitres'") == (
        "Added 2: Buy milk (priority high, owner ana, tag Shop, estimate 1h30, note Two litres)\n"
    )


def test_a_task_comes_back_as_it_was_written(filled: App) -> None:
    assert filled.json("show 1") == [
        {
            "id": 1,
            "title": "Pay the rent",
            "done": False,
            "due_on": "2026-03-06",
            "category": None,
            "created_at": "2026-03-02T09:00:00Z",
            "owner_id": 1,
            "owner": "ana",
            "priority": "normal",
            "tags": ["home"],
            "estimate": 5,
            "notes": "By bank.",
        }
    ]


@pytest.mark.parametrize(
    "title",
    [
        'It\'s "quoted", 100 % :sure?',
        "漢字 👨‍👩‍👧‍👦 é",
        "a\tb\nc",
        "\x1b[31mred",
        "-5 degrees",
        "x" * 100_000,
        "'; DROP TABLE tasks; --",
    ],
)
def test_any_title_is_kept_letter_by_letter(app: App, title: str) -> None:
    app.ok(["add", "--", title])
    assert app.json("list")[0]["title"] == title
    assert "\x1b" not in app.ok("list") + app.ok("show 1") + app.ok([])


@pytest.mark.parametrize(
    "line",
    [["add"], ["add", ""], ["add", "  "], ["add", "x", "--due", "blah"], ["add", "x", "--priority", "9"],
     ["add", "bad \udcff bytes"], ["add", "nul \0 byte"], ["add", "x", "--tag", ""],
     ["add", "x", "--tag", "\u200b"], ["list", "--tag", " "], ["edit", "1", "--untag", ""], ["tag", "rm", ""],
     ["tag", "rename", "a", "None"], ["edit", "1", "--tag", "a", "--untag", "A "], ["add", "x", "--note", ""],
     ["add", "x", "--estimate", "0"], ["assign", "1"], ["assign", "ana"], ["assign"],
     ["done"], ["done", "x"], ["edit", "1"], ["list", "--limit", "-1"], ["list", "--all", "--done"],
     ["user", "add", "none"],
     ["user", "add", "7"], ["user", "add", " "], ["nonsense"], ["list", "--nonsense"], ["show", "5-3"]],
)  # fmt: skip
def test_what_cannot_be_understood_ends_with_2(app: App, line: list[str]) -> None:
    assert "Error: " in app.refuses(line, status=2)
    assert app.json("list") == []


def test_a_date_that_is_none_is_refused_with_examples(app: App) -> None:
    assert "'blah' is not a date. Write one like 2026-03-06, 6 march" in app.refuses("add x --due blah", 2)


@pytest.mark.parametrize(
    ("typed", "meant"), [("lst", "list"), ("reopn", "reopen"), ("list --catgory x", "--category")]
)
def test_a_slip_gets_a_suggestion(app: App, typed: str, meant: str) -> None:
    assert f"Did you mean '{meant}'?" in app.refuses(typed, 2)


def test_an_unknown_owner_is_refused_with_a_suggestion(filled: App) -> None:
    assert filled.refuses("add x --owner anna") == 'There is no user "anna". Did you mean ana?\n'
    assert filled.refuses("add x --owner zoe") == 'There is no user "zoe". Add one: taskmaster user add zoe\n'
    assert filled.refuses("add x --owner 99999999999999999999").startswith("There is no user")
    assert len(filled.json("list")) == 3


# ------------------------------------------------------------------------------------------- list


def test_the_most_urgent_comes_first(app: App) -> None:
    for line in (
        "e",
        "d --due fri",
        "c --due today",
        "b -p high",
        "a -p urgent --due +3d",
        "f -p low --due today",
    ):
        app.ok(f"add {line}")
    titles = [task["title"] for task in app.json("list")]
    assert titles == ["a", "b", "c", "d", "e", "f"]


def test_a_list_says_how_much_it_shows(filled: App) -> None:
    assert filled.ok("list") == (
        "ID  Title            Due           Prio    Owner  Tags  Est\n"
        "3   Call the doctor  2026-03-01 !  urgent\n"
        "1   Pay the rent     2026-03-06    normal  ana    home  5m\n"
        "2   Buy milk                       low     bo\n"
        "\n"
        "3 open tasks, 1 overdue (!), 5m estimated\n"
    )
    assert filled.ok("list --limit 2").endswith("2 of 3 shown, 1 overdue (!)\nAll of them: --limit 0\n")
    assert "3 open tasks" in filled.ok("list --limit 0")
    assert filled.ok("list --text nothing") == "No open tasks.\n"


def test_finished_tasks_are_shown_on_demand(filled: App) -> None:
    filled.ok("done 1")
    assert ids_of(filled, "list") == [3, 2]
    assert ids_of(filled, "list --done") == [1]
    assert ids_of(filled, "list --all") == [3, 1, 2]
    assert "1   x     Pay the rent" in filled.ok("list --all")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--owner ana", [1]),
        ("--owner 2", [2]),
        ("--owner none", [3]),
        ("--tag HOME", [1]),
        ("--tag none", [3, 2]),
        ("--tag home --tag none", []),
        ("--due today", [3]),
        ("--due fri", [3, 1]),
        ("--due none", [2]),
        ("--text the", [3, 1]),
        ("--text THE --owner ana", [1]),
        ("--text %", []),
        ("--sort id", [1, 2, 3]),
        ("--sort due", [3, 1, 2]),
        ("--sort title", [2, 3, 1]),
        ("--sort created", [3, 2, 1]),
        ("--sort priority", [3, 1, 2]),
        ("--limit 1", [3]),
    ],
)
def test_a_list_can_be_filtered_and_sorted(filled: App, options: str, expected: list[int]) -> None:
    assert ids_of(filled, f"list {options}") == expected


@only_sqlite("a server has its own rules for letters, and the one of the tests knows A to Z only")
def test_text_is_found_whatever_its_case_in_any_language(app: App) -> None:
    app.ok("add ÜBUNG")
    assert ids_of(app, "list --text übung") == [1]


def test_the_agenda_says_what_is_due_when(filled: App) -> None:
    filled.ok("add Later --due +30d")
    filled.ok("add Now --due today")
    assert filled.ok([]) == filled.ok("agenda") == (
        "Overdue\n"
        "  3   Call the doctor  2026-03-01 !  urgent\n"
        "\n"
        "Today\n"
        "  5   Now              2026-03-02    normal\n"
        "\n"
        "Next 7 days\n"
        "  1   Pay the rent     2026-03-06    normal  ana    home  5m\n"
        "\n"
        "Without a date\n"
        "  2   Buy milk                       low     bo\n"
        "\n"
        "1 task later: taskmaster list\n"
    )  # fmt: skip
    parts = filled.json("agenda")
    assert {name: [task["id"] for task in found] for name, found in parts.items()} == {
        "overdue": [3], "today": [5], "soon": [1], "undated": [2],
    }  # fmt: skip


def test_an_empty_agenda_says_so(app: App) -> None:
    assert app.ok([]) == "Nothing to do.\n"


def test_show_tells_everything(filled: App) -> None:
    assert filled.ok("show 1") == (
        "Task 1\n"
        "  Title:    Pay the rent\n"
        "  Done:     no\n"
        "  Due:      Fri 2026-03-06\n"
        "  Priority: normal\n"
        "  Owner:    ana (user 1)\n"
        "  Tags:     home\n"
        "  Estimate: 5m\n"
        "  Created:  2026-03-02 09:00 UTC\n"
        "  Note:     By bank.\n"
    )


# ----------------------------------------------------------------------------------------- change


def test_done_takes_ids_and_spans_and_says_how_to_undo(filled: App) -> None:
    assert filled.ok("done 1 2-9") == (
        "Done 1: Pay the rent\nDone 2: Buy milk\nDone 3: Call the doctor\nUndo: taskmaster reopen 1-3\n"
    )
    assert filled.ok("done 1") == "Done already 1: Pay the rent\n"
    assert filled.ok("reopen 1,3") == (
        "Reopened 1: Pay the rent\nReopened 3: Call the doctor\nUndo: taskmaster done 1 3\n"
    )


@pytest.mark.parametrize("command", ["done", "rm", "show", "edit --due fri", "reopen", "assign"])
def test_one_unknown_id_and_nothing_changes(filled: App, command: str) -> None:
    before = filled.json("list --all")
    said = filled.refuses(f"{command} 1 99 7-8 {'ana' if command == 'assign' else ''}")
    assert said == "There are no tasks 99, 7-8. Nothing was changed.\n"
    assert filled.json("list --all") == before


@pytest.mark.parametrize("id_", ["0", "2147483648", "99999999999999999999999", "1000-99999999999999999"])
def test_an_id_that_cannot_be_is_no_task(filled: App, id_: str) -> None:
    assert filled.refuses(f"done {id_}") == f"There is no task {id_}. Nothing was changed.\n"


def test_an_endless_span_is_all_there_is(filled: App) -> None:
    assert "Done 3" in filled.ok("done 1-99999999999999999999")


def test_a_task_can_be_edited_and_the_undo_undoes_it(filled: App) -> None:
    before = filled.json("show 1")
    said = filled.ok(
        "edit 1 --title 'Pay it' --due +2w --priority high --owner bo --tag soon --untag home --estimate none"
    )
    assert said.splitlines() == [
        "Changed 1: Pay it (due Mon 2026-03-16, priority high, owner bo, tag soon, no estimate)",
        "Undo: taskmaster edit 1 --title 'Pay the rent' --due 2026-03-06 "
        "--priority normal --owner 1 --estimate 5m --tag home --untag soon",
    ]
    filled.ok(said.splitlines()[1].removeprefix("Undo: taskmaster "))
    assert filled.json("show 1") == before


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize("title", ["It's", "a\tb\nc \\n '", "\x1b[31mred", "ünï $HOME `ls`", "-x"])
def test_the_undo_of_an_edit_means_the_same_in_a_shell(app: App, title: str) -> None:
    app.ok(["add", "--", title])
    undo = app.ok("edit 1 --title other").splitlines()[1].removeprefix("Undo: taskmaster ")
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {undo}"], capture_output=True, check=True).stdout
    app.ok(words.decode("utf-8").split("\0")[:-1])
    assert app.json("show 1")[0]["title"] == title


def test_what_was_given_can_be_taken_away(filled: App) -> None:
    filled.ok("edit 1 --due none --tag none --owner none --estimate none --note none")
    [task] = filled.json("show 1")
    assert {task[key] for key in ("due_on", "owner", "owner_id", "estimate", "notes")} == {None}
    assert task["tags"] == []


def test_one_title_for_several_tasks_is_refused(filled: App) -> None:
    assert "one task" in filled.refuses("edit 1-3 --title x", 2)


def test_a_removed_task_comes_back_with_all_it_had(filled: App) -> None:
    before = filled.json("list --all")
    said = filled.ok("rm 1 3")
    assert said.startswith("Removed 1: Pay the rent\nRemoved 3: Call the doctor\nUndo: taskmaster import ")
    assert ids_of(filled, "list") == [2]
    filled.ok(said.splitlines()[-1].removeprefix("Undo: taskmaster "))
    assert filled.json("list --all") == before


def test_tasks_are_handed_over(filled: App) -> None:
    assert filled.ok("assign 1 3 bo").splitlines()[:2] == [
        "Assigned 1: Pay the rent (owner bo)",
        "Assigned 3: Call the doctor (owner bo)",
    ]
    assert ids_of(filled, "list --owner bo --sort id") == [1, 2, 3]
    filled.ok("assign 1-3 none")
    assert ids_of(filled, "list --owner none --sort id") == [1, 2, 3]


# ------------------------------------------------------------------------------------------ users


def test_users_are_listed_with_their_tasks(filled: App) -> None:
    filled.ok("done 2")
    assert filled.ok("user list") == (
        "ID  Name  Open  Tasks  E-mail\n"
        "1   ana   1     1      ana@example.org\n"
        "2   bo    0     1\n"
        "\n"
        "2 users\n"
    )  # fmt: skip
    assert filled.json("user list")[0] == {
        "id": 1, "username": "ana", "email": "ana@example.org", "created_at": "2026-03-02T09:00:00Z",
        "open": 1, "all": 1, "profile": None,
    }  # fmt: skip


def test_removing_a_user_keeps_their_tasks_and_can_be_undone(filled: App) -> None:
    before = filled.json("list --all"), filled.json("user list")
    said = filled.ok("user rm ana").splitlines()
    assert said[:2] == ["Removed user 1: ana", "1 task without an owner now: 1"]
    assert filled.json("show 1")[0]["owner"] is None
    for line in said[2:]:
        filled.ok(line.removeprefix("Undo: taskmaster "))
    assert (filled.json("list --all"), filled.json("user list")) == before


def test_removing_a_user_with_their_tasks_can_be_undone(filled: App) -> None:
    before = filled.json("list --all"), filled.json("user list")
    said = filled.ok("user rm ana bo --with-tasks").splitlines()
    assert [line.split(":")[0] for line in said] == [
        "Removed user 1", "Removed user 2", "Removed 1", "Removed 2", "Undo",
    ]  # fmt: skip
    filled.ok(said[-1].removeprefix("Undo: taskmaster "))
    assert (filled.json("list --all"), filled.json("user list")) == before


def test_a_profile_is_shown_set_and_taken_away_and_the_undo_undoes_it(filled: App) -> None:
    nothing = "User 1: ana\n  Full name: not told\n  About:     nothing\n"
    assert filled.ok("user profile ana") == nothing
    assert filled.ok(["user", "profile", "1", "--full-name", "Ana Lima", "--about", "Likes\ntea\x1b."]) == (
        "User 1: ana\n  Full name: Ana Lima\n  About:     Likes\n             tea\\x1b.\n"
        "Undo: taskmaster user profile ana --full-name none --about none\n"
    )
    assert filled.json("user profile ana") == filled.json("user list")[0]
    assert filled.json("user list")[0]["profile"] == {
        "id": 1, "full_name": "Ana Lima", "about": "Likes\ntea\x1b.", "created_at": "2026-03-02T09:00:00Z",
    }  # fmt: skip
    assert "E-mail           Full name\n" in filled.ok("user list")
    assert filled.ok("user profile ana --about none").splitlines()[2:] == [
        "  About:     nothing",
        "Undo: taskmaster user profile ana --about $'Likes\\ntea\\x1b.'",
    ]
    filled.ok("user profile ana --full-name none --about none")
    assert filled.ok("user profile ana") == nothing
    assert filled.json("user list")[0]["profile"] is None
    filled.ok("user profile ana --about none")  # nothing was there, and nothing is there
    assert filled.sql("SELECT * FROM profiles") == []
    assert filled.refuses("user profile zoe") == (
        'There is no user "zoe". All there are: taskmaster user list\n'
    )


def test_a_removed_user_comes_back_with_the_profile(filled: App) -> None:
    filled.ok("user profile ana --full-name 'Ana Lima'")
    before = filled.ok("export")
    for line in filled.ok("user rm ana").splitlines()[2:]:
        filled.ok(line.removeprefix("Undo: taskmaster "))
    assert filled.ok("export") == before


def test_a_word_is_missing_where_it_is_missing(filled: App) -> None:
    assert "Missing argument 'USER'" in filled.refuses("assign 1", 2)
    assert "Missing argument 'USER'" in filled.refuses("assign 1-3,5", 2)
    assert "Missing argument 'ID...'" in filled.refuses("assign ana", 2)
    assert "Usage: taskmaster assign [OPTIONS] ID... USER" in filled.refuses("assign", 2)


def test_a_note_of_many_lines_is_shown_whole_and_echoed_short(filled: App) -> None:
    said = filled.ok(["edit", "2", "--note", "one\n\n  two\x07\n" + "long " * 30])
    assert said.splitlines()[0] == "Changed 2: Buy milk (note one two\\x07 long long long long long long l…)"
    lines = filled.ok("show 2").splitlines()
    assert lines[-4:-1] == ["  Note:     one", "", "              two\\x07"]


def test_stats_count(filled: App) -> None:
    filled.ok("done 2")
    assert filled.json("stats") == {
        "open": 2,
        "done": 1,
        "overdue": 1,
        "due_this_week": 1,
        "added_this_week": 3,
        "by_category": None,
        "by_tag": {"home": 1},
        "by_owner": {"": 1, "ana": 1},
        "by_priority": {"urgent": 1, "normal": 1},
    }
    assert "Overdue              1\n" in filled.ok("stats")


@pytest.mark.parametrize(
    "line",
    ["add x", "list", "agenda", "show 1", "edit 1 -d fri", "done 1", "reopen 1", "assign 1 ana", "rm 1",
     "stats", "user profile ana", "user profile ana --about x", "tags", "tag rename home x", "tag rm home",
     "user add zoe", "user list", "user rm bo", "db status"],
)  # fmt: skip
def test_whatever_is_shown_is_there_as_json(filled: App, line: str) -> None:
    assert filled.json(line)


def test_what_is_suggested_can_be_typed(at: Callable[[str], App]) -> None:
    app = at("0007")
    assert app.refuses("add x --owner 'Bo B'").endswith("Add one: taskmaster user add 'Bo B'\n")
    assert app.refuses("add x --owner 99").endswith("All there are: taskmaster user list\n")
    assert app.refuses("user rm zoe").endswith("All there are: taskmaster user list\n")
    app.ok("user add 'Bo B'")
    app.ok("add x --owner 'Bo B'")
    assert "taskmaster user rm 'Bo B' --with-tasks\n" in app.refuses("user rm 1")


def test_a_limit_is_a_number_of_any_size(filled: App) -> None:
    assert filled.ok("list --limit 99999999999999999999999") == filled.ok("list --limit 0")
    for limit in ("-1", "x", "1.5", "٣"):
        assert f"'{limit}' is not a number of tasks. 0 is all." in filled.refuses(
            ["list", "--limit", limit], 2
        )


def test_what_a_message_repeats_does_no_harm(filled: App) -> None:
    assert 'There is no user "\\x1b[2Jx".' in filled.refuses(["list", "--owner", "\x1b[2Jx"])
