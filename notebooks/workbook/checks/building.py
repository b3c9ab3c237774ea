"""Builds the blog as it is where a task begins: from nothing, by the reference solutions of the tasks before.

And what somebody has who has answered a task, rightly or not.
"""

from __future__ import annotations

import shlex
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbook import capstone, commands
from workbook.checks.tasks import Task
from workbook.checks.trial import DATABASE, engine
from workbook.exhibits import EXHIBITS, Shop
from workbook.exhibits import shop as shops

PROJECT = Path(__file__).resolve().parents[3]
TAKEN_OVER = "from_project.txt"  # files of the workbook that a solution copies, one a line: from, to
REMOVED = "without.txt"  # files that are gone, one a line
STEPS = "steps.txt"  # what is done besides writing files, a step a line


class BuildError(Exception):
    """A reference solution does not run; the workbook itself is broken."""


def build(root: Path, tasks: list[Task]) -> None:
    """Make in ROOT, which is empty or not there, a blog with TASKS solved, its database at head, with rows.

    Of tasks that stand beside the blog's chain, only the files count; without any, the blog is the same.
    """
    root.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        if not task.aside:
            solve(root, task)
        elif task.only_files:
            overlay(root, task.folder / "solution")


def solve(root: Path, task: Task, folder: str = "solution") -> None:
    """Solve one task in a project where those before it are solved, and put in the rows that it brings."""
    if task.aside:
        attempt(root, task, folder)
        return
    begin(root, task)
    overlay(root, task.folder / folder)
    if (root / "migrations" / "versions").is_dir() and any((root / "migrations" / "versions").glob("*.py")):
        _run(root, "upgrade", "head")
    insert(root, task.rows)


def attempt(root: Path, task: Task, folder: str) -> None:
    """Answer a task in ROOT as FOLDER does: `solution`, `another`, or `wrong/NAME`, laid over the solution.

    ROOT is a blog in which the tasks before are solved; of a task about anything else, a folder that is not
    there yet. What fails, an upgrade for instance, stays as it is then: so it is with whoever answers so.

    After the files come the steps of `steps.txt`, one a line: `alembic WORDS`; `copy FILE FILE`;
    `remove FILE`; `files`, where files are to come later than the steps before; else SQL for the database.
    """
    files = [task.folder / folder]
    if folder.startswith("wrong/") and not task.exhibit:
        files.insert(0, task.folder / "solution")
    steps = next((_lines(path / STEPS) for path in reversed(files) if (path / STEPS).is_file()), [])
    if task.exhibit:
        root.parent.mkdir(parents=True, exist_ok=True)
        EXHIBITS[task.exhibit].make(Shop(root))
    elif task.project:
        capstone.make(root)
    else:
        begin(root, task)
    for step in steps if "files" in steps else ["files", *steps]:
        if step == "files":
            for path in files:
                overlay(root, path)
            if not task.exhibit:
                commands.alembic(root, ["upgrade", "head"])
                with suppress(sa.exc.DBAPIError):  # a table that refuses them
                    insert(root, task.rows)
        else:
            _step(root, step, shops.DATABASE if task.exhibit else DATABASE)


def _step(root: Path, step: str, database: str) -> None:
    word, *others = step.split()
    if word == "alembic":
        commands.alembic(root, shlex.split(step)[1:])
    elif word == "copy":
        shutil.copyfile(root / others[0], root / others[1])
    elif word == "remove":
        (root / others[0]).unlink()
    else:
        with (
            commands.standing_in(root),
            closing(sqlite3.connect(database, isolation_level=None)) as connection,
        ):
            connection.executescript(step)


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
    lists = {name: _lines(files / name) for name in (TAKEN_OVER, REMOVED, STEPS)}
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
