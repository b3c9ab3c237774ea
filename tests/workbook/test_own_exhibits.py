"""An exhibit of the student's own is in the workspace; the page and the terminal answer the same about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from workbook import cli, stage, workspace
from workbook.checks import runner
from workbook.checks.tasks import all_tasks
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET
from workbook.exhibits import Shop, yours

from tests.workbook.conftest import Run


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The student's workspace, with nothing in it."""
    folder = tmp_path / "workspace"
    monkeypatch.setenv(workspace.VARIABLE, str(folder))
    return folder


@pytest.fixture
def museum(own: Path, lesson: Run, run: Run) -> Run:
    lesson("11")
    return run


def state(own: Path, exhibit: str) -> str:
    task = next(each.name for each in all_tasks() if each.exhibit == exhibit)
    return next(found.state for found in runner.check(own / "blog") if found.task == task)


def test_it_is_begun_with_mine_and_repaired_on_the_page(own: Path, museum: Run) -> None:
    assert state(own, "cant-locate") == NOT_ATTEMPTED
    museum("%exhibit cant-locate")
    assert state(own, "cant-locate") == NOT_ATTEMPTED
    museum("%exhibit cant-locate --mine")
    assert state(own, "cant-locate") == NOT_YET
    museum("%alembic stamp --purge 0002")
    assert museum("%ledger start").endswith("No row was lost.")
    assert state(own, "cant-locate") == CORRECT
    assert museum("%check 11.2").startswith("✓ 11.2")


def test_one_comes_back_to_it_as_it_was_left(own: Path, museum: Run) -> None:
    museum("%exhibit cant-locate --mine")
    museum("%alembic stamp --purge 0002")
    museum("%back")
    assert "as you left it" in museum("%exhibit cant-locate --mine")
    assert state(own, "cant-locate") == CORRECT
    assert museum("%ledger start").endswith("No row was lost.")


def test_again_makes_a_fresh_one_and_keeps_the_other(own: Path, museum: Run) -> None:
    museum("%exhibit cant-locate --mine")
    museum("%alembic stamp --purge 0002")
    assert museum("%exhibit cant-locate --mine --again").endswith("What was there is kept as cant-locate-1.")
    assert state(own, "cant-locate") == NOT_YET
    assert yours.place(own, "cant-locate-1").is_dir()
    assert stage.current().root == yours.place(own, "cant-locate")


def test_a_wrong_option_gets_a_sentence(museum: Run) -> None:
    for line in ("cant-locate --again", "--mine", "cant-locate --yours"):
        assert museum(f"%exhibit {line}") == "%exhibit: write it like this: %exhibit half-applied --mine."


def test_checking_leaves_the_exhibits_as_they_are(own: Path, museum: Run) -> None:
    museum("%exhibit lost-children --mine")
    root = yours.place(own, "lost-children")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    state(own, "lost-children")
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert [path.name for path in root.parent.iterdir()] == ["lost-children"]


def test_code_that_never_ends_is_named_and_the_others_are_answered(own: Path) -> None:
    for name in ("cant-locate", "half-applied"):
        yours.make(own, name)
    path = next(yours.place(own, "cant-locate").glob("migrations/versions/0002*"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("() -> None:", "() -> None:\n    while True: pass\n", 1), encoding="utf-8")
    found = {verdict.task: verdict for verdict in runner.check(own / "blog", seconds=2)}
    assert "has not come to an end" in found["11.2"].what
    assert found["11.2"].where.startswith(
        "museum/cant-locate/migrations/versions/0002_mark_paid_orders.py, line"
    )
    assert "duplicate column name: paid" in found["11.1"].what


@pytest.fixture
def workbook(own: Path) -> Callable[..., Result]:
    """Run `workbook WORDS`, in whose workspace the blog has not been begun."""
    return lambda *words: CliRunner().invoke(cli.main, words, catch_exceptions=False)


def test_the_terminal_makes_the_same_one(own: Path, workbook: Callable[..., Result]) -> None:
    first = workbook("exhibit", "cant-locate")
    assert first.output.splitlines()[1] == f"It is in {yours.place(own, 'cant-locate')}."
    assert workbook("check", "11.2").exit_code == 1
    Shop(yours.place(own, "cant-locate")).alembic("stamp", "--purge", "0002")
    assert workbook("check", "11.2").output.endswith(": correct\n")
    assert "as you left it" in workbook("exhibit", "cant-locate").output
    assert workbook("check", "11.2").exit_code == 0


def test_reset_of_such_a_task_makes_a_fresh_one_and_leaves_the_blog_alone(
    own: Path, workbook: Callable[..., Result]
) -> None:
    workbook("exhibit", "cant-locate")
    Shop(yours.place(own, "cant-locate")).alembic("stamp", "--purge", "0002")
    assert "What you had is kept as museum/cant-locate-1." in workbook("reset", "11.2").output
    assert state(own, "cant-locate") == NOT_YET
    assert [path.name for path in own.iterdir()] == ["museum"]


def test_an_exhibit_that_is_none_is_refused_in_a_sentence(workbook: Callable[..., Result]) -> None:
    result = workbook("exhibit", "mona-lisa")
    assert result.exit_code == 1
    assert result.output.startswith("Error: There is no exhibit mona-lisa; there are half-applied,")


def test_a_check_of_all_shows_the_exhibits_that_are_begun(own: Path, workbook: Callable[..., Result]) -> None:
    workbook("exhibit", "cant-locate")
    shown = [line for line in workbook("check").stdout.splitlines() if line[0] != " "]
    assert shown == ["11.2 The database names a revision that nobody has: not yet"]
