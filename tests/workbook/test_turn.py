"""Your turn: the commands with which a student is checked, helped, put somewhere else, and brought back."""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from workbook import cli, progress, turn, workspace
from workbook.checks import building, runner
from workbook.checks.tasks import all_tasks
from workbook.checks.verdict import NOT_ATTEMPTED, NOT_YET, Verdict

Workbook = Callable[..., Result]
Break = Callable[[Path], object]
NEXT = "03"  # the task at whose beginning the blog of these tests stands
DONE = ["00", "01.1", "01.2", "02"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose blog is right up to lesson 02, and has been checked once."""
    folder = tmp_path_factory.mktemp("built") / "workspace"
    turn.goto(folder, turn.named(NEXT)[0])
    with progress.changed(folder) as remembered:
        remembered.put_aside.clear()
    turn.standings(folder)
    return folder


@pytest.fixture
def here(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that workspace, which is the student's."""
    folder = tmp_path / "workspace"
    shutil.copytree(built, folder)
    monkeypatch.setenv(workspace.VARIABLE, str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbook:
    """Run `workbook WORDS` as in a pipe."""
    monkeypatch.setenv(workspace.VARIABLE, str(tmp_path / "workspace"))
    return lambda *words, **more: CliRunner().invoke(cli.main, words, catch_exceptions=False, **more)


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Each file below a folder: its bytes, and when it was written."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def revision(here: Path, beginning: str) -> Path:
    return next((here / "blog" / "migrations" / "versions").glob(f"{beginning}*.py"))


# --------------------------------------------------------------------------------------------- check


def test_in_a_new_workspace_everything_is_still_to_be_done(workbook: Workbook) -> None:
    result = workbook("status")
    assert result.exit_code == 0
    assert f"] 0 of {len(all_tasks())}\n" in result.output
    assert "Next: 00 " in result.output
    assert workbook("check").exit_code == 1
    assert "not attempted" in workbook("check").output


def test_a_check_says_how_far_one_is_and_touches_nothing(here: Path, workbook: Workbook) -> None:
    before = everything(here / "blog")
    result = workbook("check")
    assert result.exit_code == 1
    assert [line.rsplit(": ")[-1] for line in result.output.splitlines()] == ["correct"] * 4 + [
        "not attempted"
    ]
    assert everything(here / "blog") == before
    assert workbook("check", "2").exit_code == 0
    assert workbook("check", "01.2").output.startswith("01.2 ")


def test_the_same_for_programs(here: Path, workbook: Workbook) -> None:
    found = json.loads(workbook("check", "01", "--json").output)
    assert [one["state"] for one in found] == ["correct", "correct"]
    assert set(found[0]) == {"task", "state", "what", "where", "why"}
    status = json.loads(workbook("status", "--json").output)
    assert [one["task"] for one in status if one["state"] == "correct"] == DONE


def test_a_mistake_is_said_with_its_place_and_no_traceback(here: Path, workbook: Workbook) -> None:
    path = revision(here, "b03")
    path.write_text(path.read_text().replace("sa.Text()", "sa.Txt()"))
    result = workbook("check", "02")
    assert result.exit_code == 1
    assert "02 " in result.output
    assert "has no attribute 'Txt'" in result.output
    assert f"In migrations/versions/{path.name}, line 18, in upgrade()." in result.output
    assert "Traceback" not in result.output


def test_a_whole_class_is_one_table(here: Path, workbook: Workbook, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    shutil.copytree(here, folder / "ana")
    (folder / "ben" / "blog").mkdir(parents=True)
    (folder / "cem").mkdir()
    (folder / ".hidden").mkdir()
    table = workbook("check", "--all", str(folder), "02")
    assert table.exit_code == 0
    assert table.stdout.splitlines() == [
        "     02",
        "ana  ✓",
        "ben  ·",
        "cem  ·",
        "✓ correct   ✗ not yet   · not attempted",
    ]
    rows = list(csv.reader(io.StringIO(workbook("check", "--all", str(folder), "--csv", "01").stdout)))
    assert rows == [
        ["workspace", "01.1", "01.2"],
        ["ana", "correct", "correct"],
        ["ben", "not attempted", "not attempted"],
        ["cem", "not attempted", "not attempted"],
    ]
    found = json.loads(workbook("check", "--all", str(folder), "--json", "01.1").stdout)
    assert {name: one[0]["state"] for name, one in found.items()} == {
        "ana": "correct",
        "ben": "not attempted",
        "cem": "not attempted",
    }


def test_one_workspace_that_cannot_be_checked_stops_no_other(
    here: Path, workbook: Workbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "class"
    for name in ("ana", "zoë 🐈"):
        shutil.copytree(here, folder / name)
    (folder / "ben" / "blog").mkdir(parents=True)
    (folder / "cem").mkdir()
    (folder / "cem" / "blog").write_text("no folder")  # as if not begun
    (folder / ".git").mkdir()
    check = runner.check

    def breaks(blog: Path, **more: Any) -> object:
        if blog.parent.name == "ben":
            raise PermissionError(13, "Permission denied")
        return check(blog, **more)

    monkeypatch.setattr(runner, "check", breaks)
    before = everything(folder)
    result = workbook("check", "--all", str(folder))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].split() == sorted({task.lesson for task in all_tasks()})
    assert [line.split("  ")[0] for line in lines[1:5]] == ["ana", "ben", "cem", "zoë 🐈"]
    assert "✓  ✓✓ ✓  ·" in lines[1]
    assert lines[2].split()[1] == "?"
    assert set("".join(lines[3].split()[1:])) == {"·"}
    assert lines[4].endswith(lines[1].removeprefix("ana").lstrip())
    assert result.stderr.splitlines() == [
        "ben was not checked: Permission denied.",
        "No folder called blog yet in: cem.",
    ]
    found = json.loads(workbook("check", "--all", str(folder), "--json", "02").stdout)
    assert [one[0]["state"] for one in found.values()] == [
        "correct",
        "not checked",
        "not attempted",
        "correct",
    ]
    assert everything(folder) == before


@pytest.mark.parametrize("words", [("--csv",), ("--all", ".", "--csv", "--json")])
def test_a_table_for_a_spreadsheet_is_of_a_class_and_is_no_json(
    workbook: Workbook, words: tuple[str, ...]
) -> None:
    assert workbook("check", *words).exit_code == 2


def test_what_is_wrong_before_the_task_that_is_asked_about_is_said(here: Path, workbook: Workbook) -> None:
    path = revision(here, "b03")
    path.write_text(path.read_text().replace("sa.Text()", "sa.Txt()"))
    result = workbook("check", "05.2")
    assert result.exit_code == 1
    assert result.stdout.startswith("02 ")
    assert "has no attribute 'Txt'" in result.stdout
    assert result.stdout.splitlines()[-1] == "05.2 Make a table of addresses: not attempted"
    assert [one["task"] for one in json.loads(workbook("check", "05.2", "--json").stdout)] == ["05.2"]


def test_it_is_said_in_front_of_a_task_beside_the_chain_too_and_not_of_an_exhibit() -> None:
    wrong = turn.Standing(turn.named("13")[0], Verdict("13", NOT_YET, "NameError"), False)
    beside = turn.Standing(turn.named("15")[0], Verdict("15", NOT_ATTEMPTED), False)
    exhibit = turn.Standing(turn.named("11.1")[0], Verdict("11.1", NOT_ATTEMPTED), False)
    assert turn.asked([wrong, beside], [beside.task]) == [wrong, beside]
    assert turn.asked([wrong, exhibit], [exhibit.task]) == [exhibit]


def test_links_in_a_blog_are_followed_and_have_an_end(here: Path, workbook: Workbook) -> None:
    blog = here / "blog"
    try:
        (blog / "migrations" / "again").symlink_to(blog, target_is_directory=True)
    except OSError:
        pytest.skip("no links may be made here")
    (blog / "nowhere").symlink_to(blog / "nothing")
    (blog / "migrations" / "versions").rename(here / "elsewhere")
    (blog / "migrations" / "versions").symlink_to(here / "elsewhere", target_is_directory=True)
    assert workbook("check", "02").exit_code == 0


def test_what_cannot_be_copied_is_said_with_its_name(
    here: Path, workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copy2

    def forbidden(source: Path, target: Path) -> object:
        if source.name == "models.py":
            raise PermissionError(13, "Permission denied")
        return copy(source, target)

    monkeypatch.setattr(shutil, "copy2", forbidden)
    result = workbook("check", "01.1")
    assert result.exit_code == 1
    assert "  This cannot be copied: Permission denied.\n  In models.py.\n" in result.output


def test_an_exhibit_that_is_too_much_to_copy_is_a_sentence(
    here: Path, workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook("exhibit", "cant-locate")
    (here / "museum" / "cant-locate" / "much.bin").write_bytes(bytes(3_000_000))
    monkeypatch.setattr(runner, "MOST_BYTES", 2_000_000)
    result = workbook("check", "11.2")
    assert result.exit_code == 1
    assert "more than 100 MB" in result.output
    assert "In museum/cant-locate." in result.output


def test_a_folder_without_workspaces_is_a_sentence(workbook: Workbook, tmp_path: Path) -> None:
    result = workbook("check", "--all", str(tmp_path))
    assert result.exit_code == 1
    assert "No folder in" in result.output


@pytest.mark.parametrize("words", [("check", "99"), ("hint", "2.9"), ("goto", "x"), ("reset", "99.9")])
def test_a_task_that_is_none_is_a_wrong_word(workbook: Workbook, words: tuple[str, ...]) -> None:
    result = workbook(*words)
    assert result.exit_code == 2
    assert "There is no task" in result.output


@pytest.mark.parametrize("command", ["check", "hint", "watch", "goto", "solution"])
def test_an_empty_name_is_not_taken_for_none(workbook: Workbook, command: str) -> None:
    result = workbook(command, "")
    assert result.exit_code == 2
    assert "That is the name of no task; there are 00, 01.1" in result.output


def test_a_check_says_where_it_looked_for_a_blog_that_is_not_there(
    workbook: Workbook, tmp_path: Path
) -> None:
    blog = tmp_path / "workspace" / "blog"
    blog.parent.mkdir()
    (tmp_path / "blog").mkdir()
    assert f"There is no folder {blog} yet" in workbook("check").stderr
    blog.mkdir()
    assert f"There is no alembic.ini in {blog}. (workbook doctor" in workbook("check", "00").stderr
    assert workbook("check", "17").stderr == "", "the capstone needs no blog"


def test_watching_a_task_shows_what_is_wrong_before_it(
    here: Path, workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "saves", lambda *_: iter([""]))
    (here / "blog" / "models.py").write_text("def (", encoding="utf-8")
    lines = workbook("watch", "03").output.splitlines()
    assert any(line.startswith("02 ") and line.endswith("not yet") for line in lines)
    assert lines[-1].startswith("03 ")


def test_a_workspace_that_goto_had_to_make_is_named(workbook: Workbook, tmp_path: Path) -> None:
    result = workbook("goto", "01.1", "--workspace", str(tmp_path / "mistyped"))
    assert f"There was no folder {tmp_path / 'mistyped'}: it was made" in result.output
    assert "it was made" not in workbook("goto", "01.1", "--workspace", str(tmp_path / "mistyped")).output


def test_the_help_of_check_calls_the_folder_of_a_class_by_one_name(workbook: Workbook) -> None:
    assert "--all FOLDER" in workbook("check", "--help").output


# --------------------------------------------------------------------------------- hints, solutions


def test_hints_come_one_by_one_and_the_last_stays(here: Path, workbook: Workbook) -> None:
    task = turn.named(NEXT)[0]
    said = [workbook("hint").output for _ in range(len(task.hints) + 1)]
    for number, (text, output) in enumerate(zip([*task.hints, task.hints[-1]], said, strict=True), start=1):
        assert f"hint {min(number, len(task.hints))} of {len(task.hints)}" in output
        assert text in output


def test_a_solution_opens_when_it_is_right_or_given_up_and_that_is_remembered(
    here: Path, workbook: Workbook
) -> None:
    assert "op.add_column" in workbook("solution", "02").output
    closed = workbook("solution", NEXT)
    assert closed.exit_code == 1
    assert "--give-up" in closed.output
    assert "created_at" in workbook("solution", NEXT, "--give-up").output
    assert workbook("solution", NEXT).exit_code == 0
    assert "(solution opened)" in workbook("status").output


# -------------------------------------------------------------------------------- goto, reset, undo


def test_goto_keeps_what_was_there_and_undo_brings_it_back(here: Path, workbook: Workbook) -> None:
    (here / "blog" / "mine.txt").write_text("mine")
    before = everything(here / "blog")
    result = workbook("goto", "05")
    assert result.exit_code == 0
    assert "kept as blog-before-1" in result.output
    assert "05.1 " in workbook("check").output.splitlines()[-1]
    back = workbook("undo")
    assert back.output == "Taken back: goto 05.1. What was there is kept as blog-undone-1.\n"
    assert everything(here / "blog") == before
    assert workbook("undo").exit_code == 1


def test_a_task_begins_with_the_files_of_those_beside_the_chain_and_with_nothing_else_of_them(
    tmp_path: Path,
) -> None:
    """The page of lesson 15 goes on with the env.py of lesson 14."""
    beside = turn.named("14")[0]
    before = turn._with_environments(turn.named("15")[0])
    assert beside in before
    assert turn.named("11.5")[0] not in before
    building.build(tmp_path / "blog", [*turn.named("00"), beside])
    name = Path("migrations") / "env.py"
    assert (tmp_path / "blog" / name).read_bytes() == (beside.folder / "solution" / name).read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows renames no folder in which a terminal stands")
def test_a_terminal_in_the_folder_that_was_kept_is_told_the_way_back(
    here: Path, workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "blog")
    said = "Your terminal stands in blog-before-1 now. Run: cd ../blog\n"
    assert workbook("goto", "05").output.endswith(said)
    monkeypatch.chdir(here / "blog")
    assert "stands in blog-undone-1 now" in workbook("undo").output


def test_reset_of_a_task_goes_back_to_the_students_own_work(here: Path, workbook: Workbook) -> None:
    mine = everything(here / "blog")
    models = here / "blog" / "models.py"
    models.write_text(models.read_text() + "\n# a try\n")
    result = workbook("reset", "3.1")
    assert "as you left it when the one before was correct" in result.output
    assert {name: text for name, (text, _) in everything(here / "blog").items()} == {
        name: text for name, (text, _) in mine.items() if not name.endswith(".pyc")
    }
    assert workbook("reset", "02.1").output.startswith("Your blog is now as the reference solutions leave it")


def test_what_cannot_be_taken_back_is_said(here: Path, workbook: Workbook) -> None:
    workbook("goto", "01")
    shutil.rmtree(here / "blog-before-1")
    result = workbook("undo")
    assert result.exit_code == 1
    assert "blog-before-1, is not there any more" in result.output


def test_what_cannot_be_taken_back_does_not_bar_what_came_before(here: Path, workbook: Workbook) -> None:
    before = everything(here / "blog")
    workbook("goto", "01")
    workbook("goto", "02")
    shutil.rmtree(here / "blog-before-2")
    assert "next workbook undo takes back what came before" in workbook("undo").output
    assert workbook("undo").output.startswith("Taken back: goto 01.1.")
    assert everything(here / "blog") == before


@pytest.mark.parametrize("step", [1, 2])
def test_a_goto_that_is_killed_between_its_steps_loses_nothing_and_says_the_way_back(
    here: Path, workbook: Workbook, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before = everything(here / "blog")
    renamed: list[Path] = []
    rename = Path.rename

    def killed(path: Path, target: Path) -> Path:
        if path.parent == here:
            renamed.append(path)
            if len(renamed) == step:
                raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", killed)
    assert workbook("goto", "05").exit_code == 130
    monkeypatch.undo()
    monkeypatch.setenv(workspace.VARIABLE, str(here))
    if step == 1:  # it was not put aside yet
        assert workbook("check", "02").exit_code == 0
        assert "your blog stays as it is" in workbook("undo").output
    else:
        for words in (["status"], ["check"], ["doctor"], ["doctor", "--repair"], ["check", "--json"]):
            result = workbook(*words)
            assert "goto 05.1 put it aside as blog-before-1" in result.output
            assert result.exit_code == 1
        assert workbook("undo").output.startswith("Taken back: goto 05.1.")
    assert everything(here / "blog") == before
    assert not list(here.glob("blog-*"))


def test_an_undo_that_cannot_be_written_down_is_none(
    here: Path, workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook("goto", "05")
    before = everything(here)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "progress.json")

    monkeypatch.setattr(progress, "write", full)
    result = workbook("undo")
    assert result.exit_code == 1
    assert result.output == "Error: Cannot use progress.json: No space left on device.\n"
    assert everything(here) == before


def test_a_blog_that_is_a_link_to_nowhere_is_said(here: Path, workbook: Workbook) -> None:
    shutil.rmtree(here / "blog")
    try:
        (here / "blog").symlink_to(here / "drive", target_is_directory=True)
    except OSError:
        pytest.skip("links are not allowed here")
    for command in ("check", "status", "doctor"):
        result = workbook(command)
        assert result.exit_code == 1
        assert "which is not there. Is a drive missing?" in " ".join(result.output.split())


def test_two_gotos_at_once_go_one_after_the_other(here: Path, workbook: Workbook) -> None:
    before = everything(here / "blog")
    words = [sys.executable, "-c", "from workbook.cli import main; main()", "goto"]
    both = [
        subprocess.Popen([*words, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for name in ("01", "02")
    ]
    said = [one.communicate()[0].decode() for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    workbook("undo")
    workbook("undo")
    assert everything(here / "blog") == before
    assert workbook("undo").exit_code == 1


def test_a_command_does_not_wait_for_ever_for_another(
    here: Path, workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    with progress.alone(here):
        result = workbook("hint", "02")
        assert workbook("check", "02").exit_code == 0
    assert result.exit_code == 1
    assert result.output.startswith("Error: Another workbook command is at work")


def test_a_kept_copy_that_is_cut_short_does_not_take_the_place_of_the_one_before(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(progress.kept(here)["02"])

    def full(_source: Path, target: Path, **_: object) -> None:
        (target / "migrations").mkdir(parents=True)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full)
    turn.standings(here)
    assert everything(progress.kept(here)["02"]) == before
    assert list(progress.kept(here)) == ["02"]


@pytest.mark.parametrize(
    "words",
    ["status", "check", "hint 02", "hint", "solution 02 --give-up", "watch", "goto 03", "undo", "reset 03",
     "reset 02.1", "doctor", "doctor --repair", "exhibit create-all"],
)  # fmt: skip
def test_a_workspace_that_is_a_file_is_said_in_a_sentence(
    tmp_path: Path, workbook: Workbook, words: str
) -> None:
    (tmp_path / "workspace").write_text("a file")
    result = workbook(*words.split())
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert (tmp_path / "workspace").read_text() == "a file"


@pytest.mark.parametrize("name", ["100% sure", "what?", "%(here)s"])
def test_a_path_that_alembic_cannot_use_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(cli.main, ["goto", "03", "--workspace", str(tmp_path / name)])
    assert result.exit_code == 1
    assert "which means something else in alembic.ini" in result.output
    assert not (tmp_path / name / "blog").exists()


def test_a_workspace_that_is_not_there_is_not_taken_for_an_empty_one(
    tmp_path: Path, workbook: Workbook
) -> None:
    assert f"There is no folder {tmp_path / 'workspace'} yet." in workbook("status").stderr


# --------------------------------------------------------------------------------------------- watch


def test_watch_looks_again_when_a_file_changes(here: Path) -> None:
    naps = []
    path = here / "blog" / "models.py"

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            path.write_text(path.read_text() + "\n")

    saves = turn.saves(here / "blog", sleep=nap)
    assert next(saves) == ""
    assert next(saves) == "models.py"
    assert len(naps) == 2


# -------------------------------------------------------------------------------------------- doctor


def sql(*statements: str) -> Break:
    def run(blog: Path) -> None:
        with closing(sqlite3.connect(blog / "blog.db")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    return run


def edited(beginning: str, old: str, new: str) -> Break:
    def run(blog: Path) -> None:
        path = next((blog / "migrations" / "versions").glob(f"{beginning}*.py"))
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return run


def removed(pattern: str) -> Break:
    return lambda blog: [path.unlink() for path in blog.glob(pattern)]


def second_head(blog: Path) -> None:
    text = 'revision = "x1"\ndown_revision = "b02"\n\n\ndef upgrade(): ...\n\n\ndef downgrade(): ...\n'
    (blog / "migrations" / "versions" / "x1.py").write_text(text)


def half_an_upgrade(blog: Path) -> None:
    column = "op.add_column('posts', sa.Column('created_at', sa.DateTime()))"
    (blog / "migrations" / "versions" / "b04.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = 'b04'\ndown_revision = 'b03'\n\n\n"
        f"def upgrade():\n    {column}\n\n\ndef downgrade():\n    op.drop_column('posts', 'created_at')\n"
    )
    sql("ALTER TABLE posts ADD COLUMN created_at DATETIME")(blog)


def url(value: str) -> Break:
    def run(blog: Path) -> None:
        path = blog / "alembic.ini"
        path.write_text(path.read_text().replace("sqlite:///%(here)s/blog.db", value))

    return run


ILL: dict[str, tuple[Break, str]] = {
    "no ini": (removed("alembic.ini"), "alembic.ini is not there."),
    "no environment": (removed("migrations/env.py"), "migrations/env.py is not there."),
    "no pattern": (removed("migrations/*.mako"), "migrations/script.py.mako is not there."),
    "no models": (removed("models.py"), "models.py is not there."),
    "no migrations": (lambda blog: shutil.rmtree(blog / "migrations"), "migrations/env.py is not there."),
    "no database": (removed("blog.db"), "blog.db is not there."),
    "the template's URL": (
        url("driver://user:pass@localhost/dbname"),
        "is still the one that `alembic init` wrote",
    ),
    "a relative URL": (url("sqlite:///blog.db"), "depends on the folder in which you stand"),
    "another file": (url("sqlite:///%(here)s/bolg.db"), "and your blog is blog.db, beside alembic.ini"),
    "no URL": (url(""), "The URL of the database is missing."),
    "a file that Python cannot read": (
        edited("b03", "def upgrade()", "def upgrade("),
        "invalid syntax, line 17",
    ),
    "a deleted revision in the middle": (
        removed("migrations/versions/b02*.py"),
        "stands on revision b02, and no file",
    ),
    "a deleted revision at the end": (
        removed("migrations/versions/b03*.py"),
        "at revision b03, and no file has that id",
    ),
    "two heads": (second_head, "Your history has 2 heads: b03, x1."),
    "a row too many": (
        sql("INSERT INTO alembic_version VALUES ('b01')"),
        "has a row b01 and a row b03, and b01 comes before b03",
    ),
    "a left-over": (sql("CREATE TABLE _alembic_tmp_posts (id)"), "with 0 rows; `posts` has 6."),
    "a left-over that is the table": (
        sql("ALTER TABLE posts RENAME TO _alembic_tmp_posts"),
        "with 6 rows, and `posts` is gone.",
    ),
    "no database in the file": (
        lambda blog: (blog / "blog.db").write_bytes(b"no" * 999),
        "file is not a database",
    ),
    "an upgrade that stopped half-way": (
        half_an_upgrade,
        "at b03, and `posts.created_at`, which b04 makes, is there already. An upgrade stopped half-way",
    ),
    "an edited revision": (
        edited("b03", '"published"', '"is_published"'),
        "`posts.is_published`, and your database lacks it. b03",
    ),
}


@pytest.mark.parametrize("name", ILL)
def test_the_doctor_names_what_is_wrong_and_the_repair_keeps_everything(
    here: Path, workbook: Workbook, name: str
) -> None:
    harm, sentence = ILL[name]
    harm(here / "blog")
    ill = everything(here / "blog")
    said = workbook("doctor")
    assert said.exit_code == 1
    assert sentence in said.output
    assert everything(here / "blog") == ill, "it only looked"

    repaired = workbook("doctor", "--repair")
    assert repaired.exit_code == 0, repaired.output
    assert "Still wrong" not in repaired.output
    assert {file: text for file, (text, _) in everything(here / "blog-before-1").items()} == {
        file: text for file, (text, _) in ill.items()
    }
    with closing(sqlite3.connect(here / "blog" / "blog.db")) as database:
        assert database.execute("SELECT count(*) FROM posts").fetchone() == (6,)
    assert workbook("undo").exit_code == 0
    assert {file: text for file, (text, _) in everything(here / "blog").items()} == {
        file: text for file, (text, _) in ill.items()
    }


BY_HAND: dict[str, tuple[Break, str]] = {
    "a copy of a revision": (
        lambda blog: shutil.copyfile(
            next((blog / "migrations" / "versions").glob("b03*")),
            blog / "migrations" / "versions" / "copy.py",
        ),
        "Two files have the same id, b03",
    ),
    "an emptied note": (sql("DELETE FROM alembic_version"), "says of no revision that it has run"),
    "a second database": (
        lambda blog: shutil.copyfile(blog / "blog.db", blog / "migrations" / "blog.db"),
        "There is a second database: migrations/blog.db.",
    ),
    "a table changed by hand": (
        sql("ALTER TABLE posts ADD COLUMN extra TEXT"),
        "Your database has `posts.extra`, and your revisions do not make it.",
    ),
    "an environment that fails": (
        lambda blog: (blog / "migrations" / "env.py").write_text("1 / 0\n"),
        "ZeroDivisionError: division by zero (migrations/env.py, line 1)",
    ),
    "a server": (url("postgresql://me@localhost/blog"), "another database than the one in this folder"),
    "an ini that is none": (
        lambda blog: (blog / "alembic.ini").write_text("[alembic\n"),
        "alembic.ini cannot be read",
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_what_no_program_should_decide_the_doctor_leaves_to_the_student(
    here: Path, workbook: Workbook, name: str
) -> None:
    harm, sentence = BY_HAND[name]
    harm(here / "blog")
    ill = everything(here / "blog")
    said = workbook("doctor", "--repair")
    assert said.exit_code == 1
    assert sentence in said.output
    assert everything(here / "blog") == ill


def test_the_doctor_finds_nothing_wrong_where_nothing_is(here: Path, workbook: Workbook) -> None:
    result = workbook("doctor")
    assert result.exit_code == 0
    assert result.output.startswith("Nothing is wrong")
    assert json.loads(workbook("doctor", "--json").output) == []


def test_a_blog_without_a_revision_needs_no_database_yet(workbook: Workbook) -> None:
    workbook("goto", "01.1")
    assert "00 " in workbook("check", "00").output
    assert workbook("doctor").output.startswith("Nothing is wrong")


def test_without_a_kept_copy_the_doctor_says_what_to_do(here: Path, workbook: Workbook) -> None:
    shutil.rmtree(here / progress.FOLDER)
    removed("migrations/versions/b03*.py")(here / "blog")
    result = workbook("doctor")
    assert "No check has kept a copy of it" in result.output
    assert "--repair" not in result.output


def test_without_a_blog_the_doctor_says_where_it_comes_from(workbook: Workbook) -> None:
    assert "Lesson 00 makes it." in workbook("doctor").output


# ------------------------------------------------------------------------------------- the workspace


def test_a_workspace_in_which_nothing_can_be_written_is_still_checked(here: Path) -> None:
    shutil.rmtree(here / progress.FOLDER)
    here.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert [one.verdict.task for one in turn.standings(here) if one.verdict.state == "correct"] == DONE
    finally:
        here.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"unknown": 1}'])
def test_notes_that_nobody_can_read_are_begun_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / progress.FOLDER).mkdir()
    (tmp_path / progress.FOLDER / progress.FILE).write_text(text)
    assert progress.read(tmp_path) == progress.Progress()
    with progress.changed(tmp_path) as remembered:
        remembered.hints["02"] = 1
    assert progress.read(tmp_path).hints == {"02": 1}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_the_shells(workbook: Workbook, shell: str) -> None:
    assert "_WORKBOOK_COMPLETE" in workbook("completion", shell).output


def test_the_tab_key_knows_the_lessons_and_tasks(workbook: Workbook) -> None:
    environment: dict[str, Any] = {
        "COMP_WORDS": "workbook check 05",
        "COMP_CWORD": "2",
        "_WORKBOOK_COMPLETE": "bash_complete",
    }
    result = CliRunner().invoke(cli.main, prog_name="workbook", env=environment)
    assert result.output.split() == ["plain,05", "plain,05.1", "plain,05.2", "plain,05.3"]


def test_code_that_never_ends_is_named_where_it_is_and_what_was_right_stays_right(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(runner.check.__kwdefaults__, "seconds", 4.0)
    edited("b03", "def upgrade() -> None:\n", "def upgrade() -> None:\n    while True:\n        pass\n")(
        here / "blog"
    )
    found = {one.task.name: one.verdict for one in turn.standings(here)}
    assert [found[name].state for name in DONE] == ["correct", "correct", "correct", "not yet"]
    assert found["02"].what == "Your code has not come to an end after 4 seconds."
    assert found["02"].where.startswith("migrations/versions/b03")
    assert found["03"].state == "not attempted"


def test_a_database_that_somebody_else_has_for_themselves_is_not_broken(
    here: Path, workbook: Workbook
) -> None:
    with closing(sqlite3.connect(here / "blog" / "blog.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        result = workbook("doctor", "--repair")
    assert result.exit_code == 1
    assert result.output.startswith("1. blog.db is in use by another program")
    assert not list(here.glob("blog-*"))


def test_a_database_that_is_put_back_is_not_read_with_the_journal_of_another(
    here: Path, workbook: Workbook
) -> None:
    blog = here / "blog"
    rows = rows_of(blog)
    with closing(sqlite3.connect(blog / "blog.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("DELETE FROM posts")
        database.commit()
        wal, shm = ((blog / f"blog.db{end}").read_bytes() for end in ("-wal", "-shm"))
    (blog / "blog.db").write_bytes(b"broken" * 5000)
    (blog / "blog.db-wal").write_bytes(wal)
    (blog / "blog.db-shm").write_bytes(shm)
    assert workbook("doctor", "--repair").exit_code == 0
    assert rows_of(blog) == rows
    assert (blog / "blog.db.yours-wal").read_bytes() == wal


def rows_of(blog: Path) -> list[Any]:
    with closing(sqlite3.connect(blog / "blog.db")) as database:
        return database.execute("SELECT * FROM posts").fetchall()


def test_half_of_the_settings_may_stand_in_pyproject(here: Path, workbook: Workbook) -> None:
    """As `alembic init -t pyproject` writes them."""
    blog = here / "blog"
    ini = blog / "alembic.ini"
    ini.write_text(re.sub(r"(?m)^(script_location|prepend_sys_path|path_separator).*\n", "", ini.read_text()))
    toml = blog / "pyproject.toml"
    toml.write_text(
        '[tool.alembic]\nscript_location = "%(here)s/migrations"\nprepend_sys_path = ["%(here)s"]\n'
    )
    assert workbook("check", "02").exit_code == 0
    assert workbook("doctor").output.startswith("Nothing is wrong")
    toml.write_text("[[[")
    assert "In pyproject.toml." in workbook("check").output


def test_revisions_in_another_folder_are_the_students_own_affair(here: Path, workbook: Workbook) -> None:
    blog = here / "blog"
    (blog / "migrations").rename(blog / "history")
    ini = blog / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/migrations", "%(here)s/history"))
    assert workbook("doctor").output.startswith("Nothing is wrong")
    assert workbook("check", "02").exit_code == 0


def test_revisions_in_a_folder_more_are_found(here: Path, workbook: Workbook) -> None:
    versions = here / "blog" / "migrations" / "versions"
    (versions / "2026").mkdir()
    for path in (revision(here, "b02"), revision(here, "b03")):
        path.rename(versions / "2026" / path.name)
    ini = here / "blog" / "alembic.ini"
    ini.write_text(ini.read_text().replace("[alembic]", "[alembic]\nrecursive_version_locations = true"))
    assert workbook("doctor").output.startswith("Nothing is wrong")
    assert workbook("check", "02").exit_code == 0


def test_a_file_that_begins_with_a_byte_order_mark_is_read_as_python_reads_it(
    here: Path, workbook: Workbook
) -> None:
    path = revision(here, "b02")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert workbook("doctor").output.startswith("Nothing is wrong")


def test_a_thread_that_never_ends_is_not_waited_for(here: Path) -> None:
    env = here / "blog" / "migrations" / "env.py"
    waiting = "import threading\n\nthreading.Thread(target=threading.Event().wait).start()\n"
    env.write_text(waiting + env.read_text())
    found = runner.check(here / "blog", seconds=8)
    assert [one.state for one in found[:4]] == ["correct"] * 4
