"""`%alembic … > FILE`: what a terminal would write there, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbook.conftest import Run


@pytest.fixture
def inside(run: Run, lesson: Run) -> Run:
    lesson("02")
    return run


def test_the_script_goes_into_the_file_and_the_messages_stay(inside: Run) -> None:
    shown = inside("%alembic upgrade 0001:0002 --sql > up.sql")
    assert "Running upgrade 0001 -> 0002" in shown
    assert "ALTER TABLE" not in shown
    script = Path("up.sql").read_text(encoding="utf-8")
    assert "ALTER TABLE todo ADD COLUMN done" in script
    assert "INFO" not in script


def test_a_command_that_fails_says_why_and_the_file_holds_what_there_is(run: Run, lesson: Run) -> None:
    lesson("07")
    shown = run("%alembic upgrade 0010:0012 --sql > up.sql")
    assert "ERROR   [alembic.util.messaging] 0012 folds words in Python" in shown
    assert "[alembic ended with status 1]" in shown
    assert Path("up.sql").read_text(encoding="utf-8").rstrip().endswith("run it on the database")


def test_other_commands_write_there_too(inside: Run) -> None:
    inside("%alembic history > history.txt")
    assert "0001 -> 0002 (head)" in Path("history.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["", "a b", "../../out.sql", "migrations", "no/such/folder/x"])
def test_what_cannot_be_written_gets_a_sentence(inside: Run, file: str) -> None:
    shown = inside(f"%alembic history > {file}")
    assert shown.startswith("%alembic: ")
    assert shown.endswith(".")
    assert "0001" not in shown.splitlines()[0] or ">" in shown
