"""The command `workbook`: a student's own copies, and notebooks that are the same bytes every time."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.sign import NotebookNotary
from workbook import cli, workspace

Workbook = Callable[..., Result]
LESSON = "00-start-here.ipynb"


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two small lessons in place of the real ones."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "glossary.md").write_text("### word\n")
    write(folder / LESSON, "1 + 1")
    write(folder / "01-create-a-table.ipynb", 'from workbook import lesson; lesson("01")', "%alembic heads")
    monkeypatch.setattr(workspace, "NOTEBOOKS", folder)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    return folder


def write(path: Path, *cells: str) -> None:
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, path)


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbook:
    """Run `workbook WORDS`, with a workspace of its own."""
    monkeypatch.setenv(workspace.VARIABLE, str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli.main, words, catch_exceptions=False)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that were started, without starting them."""
    programs: list[list[str]] = []
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setattr(cli, "_call", lambda command, cwd=None: programs.append(command) or 0)
    return programs


def test_lessons_opens_the_first_lesson_of_the_students_own_copies(
    notebooks: Path, workbook: Workbook, started: list[list[str]], tmp_path: Path
) -> None:
    result = workbook("lessons", "--no-browser", "--port=9999")
    own = tmp_path / "workspace"
    assert result.output == "Made your own copies of 2 lessons in workspace.\n"
    assert sorted(path.name for path in own.iterdir()) == [LESSON, "01-create-a-table.ipynb", "glossary.md"]
    (words,) = started
    assert words[:4] == [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={own}"]
    assert {"--no-browser", "--port=9999"} <= set(words)
    assert words[-1] == str(own / LESSON)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a program without asking it")
def test_who_ends_the_command_ends_jupyterlab_too() -> None:
    inner = "import time; print('open', flush=True); time.sleep(60)"
    outer = f"import sys; from workbook import cli; sys.exit(cli._call([sys.executable, '-c', {inner!r}]))"
    with subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        program.send_signal(signal.SIGTERM)
        assert program.stdout.read() == ""  # both have let go of it
    assert program.returncode != 0


def test_the_copies_are_trusted(
    notebooks: Path, workbook: Workbook, started: list[list[str]], tmp_path: Path
) -> None:
    workbook("lessons")
    notary: Any = NotebookNotary()
    assert notary.check_signature(nbformat.read(tmp_path / "workspace" / LESSON, as_version=4))


def test_lessons_leaves_what_a_student_wrote(
    notebooks: Path, workbook: Workbook, started: list[list[str]], tmp_path: Path
) -> None:
    workbook("lessons")
    mine = tmp_path / "workspace" / LESSON
    write(mine, "my own work")
    assert workbook("lessons").output == ""
    assert "my own work" in mine.read_text()


def test_the_workspace_can_be_given(
    notebooks: Path, workbook: Workbook, started: list[list[str]], tmp_path: Path
) -> None:
    workbook("lessons", "--workspace", "elsewhere")
    assert (tmp_path / "elsewhere" / LESSON).exists()


def test_reset_keeps_every_version_that_a_student_had(
    notebooks: Path, workbook: Workbook, tmp_path: Path
) -> None:
    own = tmp_path / "workspace"
    begun = f"{LESSON} is as it was in the beginning.\n"
    of_the_task = "Your answer to its task stays. To begin that afresh: workbook reset 00.1\n"
    assert workbook("reset", "00").output == begun + of_the_task
    for number in (1, 2):
        write(own / LESSON, f"my work {number}")
        assert f"is kept as 00-start-here-yours-{number}.ipynb.\n" in workbook("reset", "00").output
    assert "my work 1" in (own / "00-start-here-yours-1.ipynb").read_text()
    assert "my work 2" in (own / "00-start-here-yours-2.ipynb").read_text()
    assert (own / LESSON).read_bytes() == (notebooks / LESSON).read_bytes()


def test_reset_of_an_untouched_copy_keeps_nothing(
    notebooks: Path, workbook: Workbook, tmp_path: Path
) -> None:
    workbook("reset", "00")
    workbook("reset", "00-start-here.ipynb")
    assert [path.name for path in (tmp_path / "workspace").iterdir()] == [LESSON]


def test_a_lesson_may_be_named_without_its_zero(notebooks: Path, workbook: Workbook) -> None:
    for number, name in (("1", "01-create-a-table.ipynb"), ("0", LESSON)):
        assert workbook("reset", number).output.startswith(f"{name} is as it was in the beginning.\n")
    assert workbook("reset", "1").output.endswith("To begin one afresh: workbook reset 01.1 | 01.2\n")


@pytest.mark.parametrize("command", [("lessons",), ("reset", "00")])
def test_a_workspace_that_cannot_be_one_is_one_sentence(
    command: tuple[str, ...], notebooks: Path, workbook: Workbook, started: list[list[str]], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for place, said in (("file/below", "Cannot use"), (str(notebooks), "holds the lessons themselves")):
        result = workbook(*command, "--workspace", place)
        assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
        assert said in result.output
    assert not started


@pytest.mark.parametrize("words", [("reset", "77"), ("regenerate", "77"), ("reset", "000")])
def test_an_unknown_lesson_is_one_sentence(
    words: tuple[str, ...], notebooks: Path, workbook: Workbook
) -> None:
    result = workbook(*words)
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        2,
        f"Error: {words[1]} is no lesson; there are 00, 01",
    )


def test_regenerate_writes_what_the_cells_print_and_nothing_of_this_machine(
    notebooks: Path, workbook: Workbook, tmp_path: Path
) -> None:
    path = notebooks / "01-create-a-table.ipynb"
    assert workbook("regenerate", "01").output == f"{path.name} changed\n"
    first = path.read_bytes()
    assert b'"0003 (head)\\n"' in first
    assert str(tmp_path).encode() not in first
    assert workbook("regenerate", "01").output == f"{path.name} is as it was\n"
    assert path.read_bytes() == first


def test_regenerate_can_only_look(notebooks: Path, workbook: Workbook) -> None:
    before = (notebooks / LESSON).read_bytes()
    result = workbook("regenerate", "--check", "00")
    assert (result.exit_code, result.output) == (1, f"{LESSON} would change\n")
    assert (notebooks / LESSON).read_bytes() == before
    workbook("regenerate", "00")
    assert workbook("regenerate", "--check", "00").exit_code == 0


def test_a_cell_that_fails_is_named_and_its_notebook_left_alone(notebooks: Path, workbook: Workbook) -> None:
    write(notebooks / LESSON, "1", "2 / 0")
    before = (notebooks / LESSON).read_bytes()
    result = workbook("regenerate", "00")
    assert (result.exit_code, result.output) == (
        1,
        f"{LESSON}: cell 2: ZeroDivisionError: division by zero\n",
    )
    assert (notebooks / LESSON).read_bytes() == before


def test_regenerate_keeps_tags_and_drops_what_tools_leave(notebooks: Path, workbook: Workbook) -> None:
    path = notebooks / LESSON
    notebook: Any = nbformat.read(path, as_version=4)
    notebook.metadata = {"widgets": {"x": 1}}
    notebook.cells[0].metadata = {"tags": ["instructor"], "collapsed": True}
    nbformat.write(notebook, path)
    workbook("regenerate", "00")
    written: Any = nbformat.read(path, as_version=4)
    assert written.cells[0].metadata == {"tags": ["instructor"]}
    assert set(written.metadata) == {"kernelspec", "language_info"}
    assert written.cells[0].id == "cell-01"


def test_lint_looks_at_everything_and_fails_when_one_fails(
    workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def call(command: list[str], cwd: Path | None = None) -> int:
        seen.append(" ".join(command[2:]))
        return int("check ." in seen[-1] and "format" not in seen[-1])

    monkeypatch.setattr(cli, "_call", call)
    assert workbook("lint").exit_code == 1
    assert seen == ["ruff format --check .", "ruff check .", "mypy"]


def test_an_appendix_stands_behind_the_lessons_and_is_found_by_its_name_but_has_no_number(
    notebooks: Path,
) -> None:
    write(notebooks / "appendix-more.ipynb", "1 + 1")
    assert [path.stem for path in workspace.originals()][-1] == "appendix-more"
    assert [path.stem for path in workspace.find(("appendix",))] == ["appendix-more"]
    assert list(workspace.titles()) == ["00", "01"]
    with pytest.raises(LookupError, match=r"there are 00, 01$"):
        workspace.find(("77",))
