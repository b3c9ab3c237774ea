"""Builds the blog as it is where a task begins: from nothing, by the reference solutions of the tasks before."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbook import commands
from workbook.checks.tasks import Task
from workbook.checks.trial import DATABASE, engine

PROJECT = Path(__file__).resolve().parents[3]
TAKEN_OVER = "from_project.txt"  # files of the workbook that a solution copies, one a line: from, to
REMOVED = "without.txt"  # files that are gone, one a line


class BuildError(Exception):
    """A reference solution does not run; the workbook itself is broken."""


def build(root: Path, tasks: list[Task]) -> None:
    """Make the folder ROOT, in which all TASKS are solved, its database at the newest revision, with rows."""
    root.mkdir(parents=True)
    for task in tasks:
        solve(root, task)


def solve(root: Path, task: Task, folder: str = "solution") -> None:
    """Solve one task in a project where those before it are solved, and put in the rows that it brings."""
    begin(root, task)
    overlay(root, task.folder / folder)
    if (root / "migrations" / "versions").is_dir() and any((root / "migrations" / "versions").glob("*.py")):
        _run(root, "upgrade", "head")
    insert(root, task.rows)


def begin(root: Path, task: Task) -> None:
    """What the page has people do before the task: `begin.sql`, on their database."""
    path = task.folder / "begin.sql"
    if path.is_file():
        with engine(root).begin() as connection:
            for statement in path.read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement)


def overlay(root: Path, files: Path) -> None:
    """Lay the FILES of a solution over a project."""
    if not (root / "migrations").exists():
        _run(root, "init", "migrations")
    lists = {name: _lines(files / name) for name in (TAKEN_OVER, REMOVED)}
    shutil.copytree(
        files, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*lists, "message.txt", "__pycache__")
    )
    for line in lists[TAKEN_OVER]:
        source, target = line.split()
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / source, root / target)
    for name in lists[REMOVED]:
        (root / name).unlink(missing_ok=True)


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return [line for line in text.splitlines() if line.strip()]


def _run(root: Path, *words: str) -> None:
    status, output = commands.alembic(root, words)
    if status:
        raise BuildError(f"alembic {' '.join(words)}: {output.strip()}")


def insert(root: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Put ROWS into tables of the project's own database."""
    if not rows or not (root / DATABASE).is_file():
        return
    with engine(root).begin() as connection:
        there = set(sa.inspect(connection).get_table_names())
        for name, found in rows.items():
            if name not in there:
                continue  # a wrong answer may have called it something else
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            connection.execute(sa.insert(table), found)
