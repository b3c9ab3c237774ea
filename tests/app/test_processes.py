"""taskmaster as a program of its own: what it imports, several at once, closed pipes, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.conftest import App, only_sqlite

At = Callable[[str], App]
PROGRAM = [sys.executable, "-c", "from taskmaster.cli import main; main()"]
TELL = """
import sys
from taskmaster.cli import run
status = run(sys.argv[1:])
print(status, *sorted({"sqlalchemy", "alembic", "rich", "dateutil"} & set(sys.modules)), file=sys.stderr)
"""


def program(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    options: dict[str, object] = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 120}
    return subprocess.run([*PROGRAM, *arguments], **(options | settings))  # type: ignore[call-overload]


def imported_by(*arguments: str) -> str:
    """The exit status, and which of the large libraries a call imported."""
    done = subprocess.run(
        [sys.executable, "-c", TELL, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "line", ["--help", "--version", "add --help", "db upgrade --help", "nonsense", "db path"]
)
@only_sqlite("for a database on a server `db path` asks SQLAlchemy how to hide the password")
def test_what_needs_no_database_imports_no_library(at: At, line: str) -> None:
    at("0004")
    assert imported_by(*line.split()) in {"0", "2"}


def test_a_list_imports_neither_alembic_nor_more_than_it_needs(at: At) -> None:
    app = at("0010")
    app.ok("add Water")
    assert imported_by("list") == "0 sqlalchemy"
    assert imported_by("done", "1") == "0 sqlalchemy"


def test_only_the_first_task_imports_alembic(nowhere: App) -> None:
    assert imported_by("add", "Water") == "0 alembic sqlalchemy"
    assert imported_by("add", "Tea") == "0 sqlalchemy"


def _all_at_once(calls: list[list[str]]) -> list[tuple[int, str]]:
    running = [
        subprocess.Popen([*PROGRAM, *call], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         encoding="utf-8")
        for call in calls
    ]  # fmt: skip
    return [(process.wait(timeout=120), process.communicate()[0]) for process in running]


MANY = """
import io, sys
from contextlib import redirect_stdout
from taskmaster.cli import run
for line in sys.stdin:
    said = io.StringIO()
    with redirect_stdout(said):
        status = run(line.split())
    print(status, said.getvalue().splitlines()[0], flush=True)
"""


Told = Callable[[list[list[str]]], list[list[str]]]


@contextmanager
def _programs(number: int) -> Iterator[Told]:
    """Start programs that take many commands each: to start one for each command would be most of the time.

    Yields what gives each of them its lines, all at once, and returns what each said: a line for each.
    """
    running = [
        subprocess.Popen([sys.executable, "-c", MANY], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, encoding="utf-8")
        for _ in range(number)
    ]  # fmt: skip

    def told(lines: list[list[str]]) -> list[list[str]]:
        for process, theirs in zip(running, lines, strict=True):
            assert process.stdin is not None
            process.stdin.write("\n".join(theirs) + "\n")
            process.stdin.flush()
        return [
            [process.stdout.readline().rstrip("\n") for _ in theirs]
            for process, theirs in zip(running, lines, strict=True)
            if process.stdout is not None
        ]

    try:
        yield told
    finally:
        for process in running:
            process.communicate(timeout=120)
    assert [process.returncode for process in running] == [0] * number


def test_of_two_hundred_tasks_that_four_programs_add_and_finish_at_once_none_is_lost_or_doubled(
    at: At,
) -> None:
    app = at("0019")
    titles = [[f"{who}-{n}" for n in range(50)] for who in "abcd"]
    with _programs(4) as told:
        added = told([[f"add {title}" for title in theirs] for theirs in titles])
        ids: dict[str, str] = {}  # title -> id, as those who added it were told
        for line in (line for said in added for line in said):
            status, word, id_, title = line.replace(":", "").split()
            assert (status, word) == ("0", "Added"), line
            ids[title] = id_
        assert sorted(ids) == sorted(title for theirs in titles for title in theirs)
        assert sorted(map(int, ids.values())) == list(range(1, 201))
        there = {task["title"]: str(task["id"]) for task in app.json("list")}
        assert there == ids

        # Everybody finishes their own, and after it what somebody else finishes too: one of the two does it.
        turns = [[*theirs, titles[n - 1][-1]] for n, theirs in enumerate(titles)]
        done = told([[f"done {ids[title]}" for title in theirs] for theirs in turns])
        twice = [f"0 Done already {ids[theirs[-1]]}: {theirs[-1]}" for theirs in titles]
        assert sorted(line for said in done for line in said) == sorted(
            [f"0 Done {id_}: {title}" for title, id_ in ids.items()] + twice
        )
    assert app.json("list") == []
    assert {task["title"]: str(task["id"]) for task in app.json("list --done")} == ids


def test_a_tag_that_several_tasks_bring_at_once_is_one(at: At) -> None:
    app = at("0019")
    said = _all_at_once([["add", "Water", "--tag", tag] for tag in ("Work", "WORK", "work ", "Work")])
    assert [status for status, _ in said] == [0] * 4, said
    [tag] = app.json("tags")
    assert tag["all"] == 4


def test_of_first_tasks_that_are_added_at_once_none_is_lost(nowhere: App) -> None:
    said = _all_at_once([["add", f"Task {n}"] for n in range(4)])
    assert [status for status, _ in said] == [0] * 4, said
    assert sorted(task["title"] for task in nowhere.json("list")) == [f"Task {n}" for n in range(4)]
    assert [path.name for path in Path().iterdir()] == ["taskmaster.db"]


def test_a_task_finished_and_edited_at_once_is_both(at: At) -> None:
    app = at("0010")
    app.ok("add Water")
    said = _all_at_once([["done", "1"], ["edit", "1", "--title", "Tea"], ["edit", "1", "--due", "fri"]])
    assert [status for status, _ in said] == [0] * 3, said
    [task] = app.json("list --all")
    assert (task["done"], task["title"], task["due_on"]) == (True, "Tea", "2026-03-06")


@pytest.mark.parametrize("line", ["list --limit 0", "--help", "export"])
def test_a_reader_who_leaves_early_gets_no_complaint(at: At, line: str) -> None:
    app = at("0010")
    app.sql("INSERT INTO tasks (title) VALUES ('" + "x" * 200_000 + "')")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = program(*line.split(), capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_output_that_knows_no_emoji_is_no_traceback(at: At) -> None:
    app = at("0010")
    app.ok("add 'Water 🦉'")
    done = program("list", env={**os.environ, "PYTHONIOENCODING": "latin-1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "Water ?" in done.stdout


def test_it_never_asks(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    app = at("0010")
    app.ok("user add ana")
    app.ok("add Water --owner ana")
    monkeypatch.setattr(sys, "stdin", None)
    for line in ("rm 1", "user rm ana", "db upgrade", "rm", "user rm", "db restore", "import"):
        assert app(line).status in {0, 2}, line


def test_the_tab_key_completes_commands_options_users_and_ids(at: At) -> None:
    app = at("0019")
    app.ok("user add ana")
    app.ok("add Water --tag home")

    def completed(words: str, number: int) -> list[str]:
        done = program(
            env={
                **os.environ,
                "_TASKMASTER_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": str(number),
            }
        )
        assert done.stderr == ""
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("taskmaster re", 1) == ["reopen"]
    assert "--priority" in completed("taskmaster add --pr", 2)
    assert completed("taskmaster list --owner a", 3) == ["ana"]
    assert completed("taskmaster list --tag h", 3) == ["home"]
    assert completed("taskmaster done ", 2) == ["1"]


def test_the_tab_key_is_quiet_where_there_is_nothing(nowhere: App) -> None:
    done = program(
        env={
            **os.environ,
            "_TASKMASTER_COMPLETE": "bash_complete",
            "COMP_WORDS": "taskmaster done ",
            "COMP_CWORD": "2",
        }
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")
    assert not nowhere.file.exists()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(nowhere: App, shell: str) -> None:
    assert "_TASKMASTER_COMPLETE" in nowhere.ok(f"completion {shell}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_an_output_that_is_full_is_said_so(at: At) -> None:
    at("0010")
    with Path("/dev/full").open("w") as full:
        done = program("list", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == "The output could not be written: No space left on device.\n"
