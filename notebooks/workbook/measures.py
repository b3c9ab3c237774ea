"""The magics that measure: what a change costs, and how SQLite goes about a query."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from workbook import commands, costs, growth, plans, sends, stage, views
from workbook.html import Card, Picture
from workbook.stage import Problem

COSTS = (
    "%costs, %costs --picture, or what a revision costs with %costs 0019, or on the way down %costs -0019. "
    "--rows 1000000 measures up to a larger table, --table posts names it, --seconds looks at a clock too"
)
PLAN = "%plan taskmaster list, or %plan SELECT …"


@dataclass
class _Asked:
    """What stands behind %costs."""

    revisions: list[str]
    rows: int = costs.ROWS
    table: str | None = None
    picture: bool = False
    seconds: bool = False


@views.magic("costs", COSTS, 0, 20)
def show_costs(here: stage.Stage, *words: str) -> Card | Picture:
    """What each kind of operation costs, or what some revisions of this project cost."""
    asked = _asked(list(words))
    if asked.revisions:
        return _show_revisions(here, asked)
    with stage.throwaway() as copy:
        found = costs.kinds(copy.root, asked.rows)
    if asked.picture:
        return growth.draw(found)
    title = growth.title("a table", found)
    return growth.show(title, "in a revision", found, seconds=asked.seconds)


def _asked(words: list[str]) -> _Asked:
    asked = _Asked([])
    while words:
        word = words.pop(0)
        if word == "--picture":
            asked.picture = True
        elif word == "--seconds":
            asked.seconds = True
        elif word in ("--rows", "--table") and words:
            value = words.pop(0)
            if word == "--table":
                asked.table = value
            else:
                asked.rows = _rows(value)
        elif word.startswith("--"):
            raise Problem(f"write it like this: {COSTS}")
        else:
            asked.revisions.append(word)
    if asked.picture and asked.revisions:
        raise Problem("the picture is of the kinds of operations: write %costs --picture alone")
    return asked


def _rows(word: str) -> int:
    number = int(word) if word.isascii() and word.isdecimal() else 0
    if not costs.FEWEST <= number <= costs.MOST:
        raise Problem(f"--rows takes a number from {costs.FEWEST:,} to {costs.MOST:,}, without commas")
    return number


def _show_revisions(here: stage.Stage, asked: _Asked) -> Card:
    """Measure steps of this project, each on copies of its database, in which one table has grown."""
    found, tables = [], set()
    for name in asked.revisions:
        cost, table = _measure(here, name, asked)
        found.append(cost)
        tables.add(table)
    title = growth.title(f"the table {' or '.join(sorted(tables))}", found)
    return growth.show(title, "revision", found, seconds=asked.seconds)


def _measure(here: stage.Stage, name: str, asked: _Asked) -> tuple[costs.Cost, str]:
    start, end, down = views.way(here, name)
    words = ["downgrade", end[0]] if down else ["upgrade", *end]
    with stage.throwaway(*start) as copy:
        database = copy.database
        if database is None or not database.is_file():
            raise Problem("this project has no database yet")
        table = asked.table or costs.largest(database)
        if table is None:
            raise Problem("before this step there is no table that could grow")
        before = copy.area / "before.db"
        shutil.copyfile(database, before)
        _fill(before, table, asked.rows)  # a table that is larger is cut once, not for each size
        readings = []
        for rows in costs.sizes(asked.rows):
            shutil.copyfile(before, database)
            _fill(database, table, rows)
            readings.append(costs.read(database, rows, lambda: _run(copy, words)))
    return costs.Cost(" ".join(words), tuple(readings)), table


def _fill(database: Path, table: str, rows: int) -> None:
    try:
        costs.fill(database, table, rows)
    except (sqlite3.Error, ValueError) as error:
        raise Problem(f"{table} cannot grow: {error}. --table NAME takes another table") from error


def _run(copy: stage.Stage, words: list[str]) -> None:
    status, output = commands.alembic(copy.root, words)
    if status:
        raise Problem(f"{' '.join(words)} fails: {output.strip().splitlines()[-1]}")


# The plan of a query


def plan(line: str) -> Card:
    """`%plan taskmaster list`: the plan of the query that the app sends; `%plan SELECT …`: of one's own."""
    here, sql, title = stage.current(), line.strip(), "A statement"
    database = here.database
    if database is None or not database.is_file():
        raise Problem("there is no database here yet")
    if not sql:
        raise Problem(f"write it like this: {PLAN}")
    if sql.split()[0] == "taskmaster":
        sql, title = _sent(here, sql), f"What {sql} asks the database"
    try:
        return plans.show(database, sql, title)
    except (sqlite3.Error, ValueError) as error:
        raise Problem(str(error)) from error


def _sent(here: stage.Stage, line: str) -> str:
    """The first query for tasks that a command of the app sends, with its values, as the driver gets it."""
    words = views.words_of(line)[1:]
    with sends.recorded() as sent:
        status, output = commands.taskmaster(here.root, here.app_url(), words)
    if status:
        raise Problem(f"{line} fails: {output.strip().splitlines()[-1]}")
    for statement in sent:
        if statement.lstrip().startswith("SELECT") and "FROM tasks" in statement:
            return statement
    raise Problem(f"{line} asks for no tasks")


MAGICS: dict[str, views.View] = {"costs": show_costs, "plan": plan}
