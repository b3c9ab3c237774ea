"""What a task may ask of a student's project, each question with the sentence that answers it.

A task's `check.py` is a function `check(blog)`. It asks one thing after the other, the plainest first, and
the first that is not so ends it with NotYet: what was found, what the task asks, and why that matters. It
asks about tables and rows; names, order, style and the number of revisions are the student's, unless the task
fixes them.
"""

from __future__ import annotations

import importlib
import io
import re
import shutil
import sqlite3
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import Pool, StaticPool

from workbook import photo
from workbook.checks import undone
from workbook.checks.trial import DATABASE, Step, Trial, config, engine, move, said, same_schema, working_in
from workbook.checks.verdict import NotYet
from workbook.photo import Column, Photo, Rule, Table

Result = TypeVar("Result")

# What people may write for one type: the family, by the beginning of the database's word for it.
FAMILIES = {
    "text": ("VARCHAR", "TEXT", "CHAR", "NVARCHAR", "CLOB", "STRING"),
    "long text": ("TEXT", "CLOB"),
    "integer": ("INTEGER", "BIGINT", "SMALLINT"),
    "boolean": ("BOOLEAN",),
    "moment": ("DATETIME", "TIMESTAMP"),
    "date": ("DATE",),
}

PROBE = '''"""one step more, for the check"""

import sqlalchemy as sa
from alembic import op

revision = "workbook_probe"
down_revision = "{parent}"


def upgrade():
{body}

def downgrade():
    pass
'''


@dataclass
class Blog:
    """A project at the end of some step: what the steps since the last task did, and what there is now."""

    trial: Trial
    start: int  # how many steps belong to the tasks before this one
    end: int  # how many there are up to the state that is looked at
    asked: set[str] = field(default_factory=set)  # on what else the answer rests: "own", "models"

    @property
    def root(self) -> Path:
        """The copy of the project."""
        return self.trial.root

    @property
    def own(self) -> Photo:
        """The student's own database."""
        self.asked.add("own")
        return self.trial.own

    @property
    def steps(self) -> list[Step]:
        """The steps that belong to this task."""
        return self.trial.steps[self.start : self.end]

    @property
    def last(self) -> Step:
        """The step that led to this state. Raises NotYet when there is none."""
        if not self.end:
            raise NotYet("There is no revision yet.", why='`alembic revision -m "..."` makes one.')
        return self.trial.steps[self.end - 1]

    @property
    def now(self) -> Photo:
        """The database as the last step left it, with rows in every table."""
        return self.last.ready or self.last.before

    @property
    def before(self) -> Photo:
        """The database as the task before left it, with rows in every table."""
        return self.trial.steps[self.start].before if self.steps else self.now

    # ---------------------------------------------------------------------------------------- tables

    def table(self, name: str) -> Table:
        """The table. Raises NotYet when there is none."""
        if name not in self.now.tables:
            there = ", ".join(f"`{table}`" for table in self.now.tables) or "no table at all"
            raise NotYet(f"There is no table `{name}`; the task asks for one. There is {there}.")
        return self.now.tables[name]

    def no_table(self, name: str, why: str = "") -> None:
        """The table is gone, or was never there."""
        if name in self.now.tables:
            raise NotYet(f"The table `{name}` is still there; the task asks for it to go.", why=why)

    def column(
        self,
        table: str,
        name: str,
        *,
        family: str | None = None,
        null: bool | None = None,
        length: int | None = None,
    ) -> Column:
        """The column, of that family of types, allowing NULL or not. Raises NotYet."""
        columns = {column.name: column for column in self.table(table).columns}
        if name not in columns:
            there = ", ".join(columns)
            raise NotYet(f"`{table}` has no column `{name}`; the task asks for one. It has {there}.")
        column = columns[name]
        if family and not column.type.upper().startswith(FAMILIES[family]):
            raise NotYet(f"`{table}.{name}` is {column.type}; the task asks for {_a(family)}.")
        if length is not None and str(length) not in column.type:
            raise NotYet(f"`{table}.{name}` is {column.type}; the task asks for a length of {length}.")
        if null is False and column.nullable:
            raise NotYet(
                f"`{table}.{name}` allows NULL; the task asks for NOT NULL.", why=self._nulls(table, name)
            )
        if null is True and not column.nullable:
            raise NotYet(f"`{table}.{name}` is NOT NULL; the task asks for a column that may be empty.")
        return column

    def _nulls(self, table: str, name: str) -> str:
        rows = self.own.rows.get(table)
        empty = len(rows) - rows.count(name) if rows is not None and name in rows.values else 0
        return f"{empty} of your rows would break it." if empty else ""

    def no_column(self, table: str, name: str, why: str = "") -> None:
        """The column is gone, or was never there."""
        if name in {column.name for column in self.table(table).columns}:
            raise NotYet(f"`{table}.{name}` is still there; the task asks for it to go.", why=why)

    def primary_key(self, table: str, *columns: str) -> None:
        """The table's primary key."""
        found = self.table(table).primary_key
        if found != columns:
            raise NotYet(
                f"The primary key of `{table}` is {', '.join(found) or 'missing'}; "
                f"the task asks for {', '.join(columns)}."
            )

    def foreign_key(
        self,
        table: str,
        column: str,
        to: str,
        *,
        on_delete: str | None = None,
        name: str | None = None,
        why: str = "",
    ) -> Rule:
        """A foreign key from TABLE.COLUMN to a table, with its rule and name (any name, but one)."""
        self.column(table, column)
        found = [key for key in self.table(table).foreign_keys if key.columns == (column,)]
        if not found:
            raise NotYet(
                f"`{table}.{column}` has no foreign key; the task asks for one to `{to}`.",
                why=why or "A number without a key can point to somebody who is not there.",
            )
        key = found[0]
        if key.refers_to != to:
            raise NotYet(
                f"The key of `{table}.{column}` points to `{key.refers_to}`; the task asks for `{to}`."
            )
        if not key.name:
            raise NotYet(
                f"The foreign key of `{table}.{column}` has no name.",
                why="What has no name cannot be dropped or changed later: give it one when you make it.",
            )
        if name and key.name != name:
            raise NotYet(f"The key of `{table}.{column}` is called {key.name}; the task asks for {name}.")
        rule = "" if "ON DELETE" not in key.words else key.words.split("ON DELETE ")[1].split(" ON UPDATE")[0]
        if on_delete is not None and rule != on_delete:
            said = f"says ON DELETE {rule}" if rule else "says nothing about ON DELETE"
            raise NotYet(f"The key of `{table}.{column}` {said}; the task asks for {on_delete}.", why=why)
        return key

    def unique(self, table: str, *columns: str) -> None:
        """A named UNIQUE over these columns: a constraint, or a unique index."""
        found = self.table(table)
        rules = [rule for rule in found.rules if rule.kind == "UNIQUE" and set(rule.columns) == set(columns)]
        indexes = [index for index in found.indexes if index.words == f"UNIQUE ({', '.join(columns)})"]
        if not rules and not indexes:
            raise NotYet(f"`{table}.{', '.join(columns)}` is not unique; the task asks for it.")
        if rules and not rules[0].name and not indexes:
            raise NotYet(
                f"The UNIQUE of `{table}.{', '.join(columns)}` has no name.",
                why="What has no name cannot be dropped or changed later: give it one when you make it.",
            )

    def not_unique(self, table: str, *columns: str) -> None:
        """No UNIQUE over exactly these columns."""
        found = self.table(table)
        rules = [rule for rule in found.rules if rule.kind == "UNIQUE" and rule.columns == columns]
        indexes = [index for index in found.indexes if index.words == f"UNIQUE ({', '.join(columns)})"]
        if rules or indexes:
            raise NotYet(f"`{table}.{', '.join(columns)}` is still unique; the task asks for the rule to go.")

    def index(self, table: str, name: str, why: str = "") -> str:
        """The index of that name: its columns and its WHERE, in SQL. Raises NotYet when there is none."""
        found = {index.name: index.words for index in self.table(table).indexes}
        if name not in found:
            there = f" There is {', '.join(found)}." if found else ""  # their own database may have others
            raise NotYet(f"`{table}` has no index {name}; the task asks for one.{there}", why=why)
        return found[name]

    # ------------------------------------------------------------------------------------------ rows

    def count(self, table: str, *, at_least: int, why: str = "") -> None:
        """The student's own database has the rows that the task speaks of. Not asked once they went on."""
        if self.end < len(self.trial.steps):
            return
        rows = self.own.rows.get(table)
        found = f"{len(rows)} rows" if rows is not None else "no table with rows"
        if rows is None or len(rows) < at_least:
            raise NotYet(
                f"Your own database has {found} in `{table}`; the task speaks of {at_least}.",
                where=DATABASE,
                why=why,
            )

    def none_twice(self, table: str, column: str, *, asked: int, why: str = "") -> None:
        """Of more rows than ASKED, no two in the student's own database are the same in a column.

        Rows of their own are welcome. Not asked once they went on.
        """
        if self.end < len(self.trial.steps):
            return
        values = self.own.rows[table].values[column]
        different = len(set(values))
        if len(values) > asked and different < len(values):
            raise NotYet(
                f"Your own database has {len(values)} rows in `{table}`, and only {different} different "
                f"ones; the task speaks of {asked}.",
                where=DATABASE,
                why=why,
            )

    def kept(self, table: str, column: str, *, was: tuple[str, str] | None = None, why: str = "") -> None:
        """Every value of a column is what it was before the task (then at WAS: its table and column)."""
        old_table, old_column = was or (table, column)
        before = self.before.rows[old_table]
        now = self.now.rows[table]
        old = dict(zip(before.keys, before.values[old_column], strict=True))
        new = dict(zip(now.keys, now.values[column], strict=True))
        others = [key for key, value in old.items() if value is not None and new.get(key) != value]
        if not others:
            return
        where = f"`{old_table}.{old_column}`" if was else f"`{table}.{column}`"
        count = f"{len(others)} of {len(old)} values of {where} are"
        key, left = others[0], self._left_by_the_steps(table, column)
        if len({left.get(other) for other in others}) == 1 or left.get(key) in (
            None,
            old[key],
        ):  # a default, NULL
            raise NotYet(f"{count} not there any more after the upgrade.", where=self.last.path, why=why)
        raise NotYet(
            f"{count} not what they were after the upgrade: "
            f"{_short(old[key])} has become {_short(left.get(key))}.",
            where=self.last.path,
            why="The task asks for every value to stay as it is.",
        )

    def _left_by_the_steps(self, table: str, column: str) -> dict[Any, Any]:
        """The values of a column, by key, as the first step left them that made or changed it."""
        for step in self.steps:
            rows = step.after.rows.get(table) if step.after else None
            if rows is not None and column in rows.values:
                was = step.before.rows.get(table)
                if was is None or was.values.get(column) != rows.values[column]:
                    return dict(zip(rows.keys, rows.values[column], strict=True))
        return {}

    # --------------------------------------------------------------------------------------- trying

    def refuses(self, statement: str, what: str, why: str = "") -> None:
        """The database refuses a statement, tried on a copy with foreign keys on."""
        if self._try(statement) is None:
            raise NotYet(what, why=why)

    def accepts(self, statement: str, what: str, why: str = "") -> None:
        """The database accepts a statement, tried on a copy with foreign keys on."""
        refused = self._try(statement)
        if refused is not None:
            raise NotYet(what, why=why or f"The database says: {refused}.")

    def ask(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements on a copy, foreign keys on; the rows of the last."""

        def run(connection: sa.Connection) -> list[tuple[Any, ...]]:
            results = [connection.exec_driver_sql(statement) for statement in statements]
            return [tuple(row) for row in results[-1]]

        return self._on_a_copy(run)

    def _try(self, statement: str) -> str | None:
        def run(connection: sa.Connection) -> str | None:
            try:
                connection.exec_driver_sql(statement)
                connection.exec_driver_sql("COMMIT")
            except DatabaseError as error:
                return str(error.orig)
            return None

        return self._on_a_copy(run)

    def _on_a_copy(self, run: Callable[[sa.Connection], Result]) -> Result:
        file = self.last.file
        if file is None:
            raise NotYet("The upgrade did not come so far.")
        with tempfile.TemporaryDirectory(dir=self.root, ignore_cleanup_errors=True) as folder:
            shutil.copyfile(file, Path(folder) / "copy.db")
            made = engine(Path(folder), "copy.db")
            with made.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")
                connection.exec_driver_sql("BEGIN")
                try:
                    return run(connection)
                finally:
                    with suppress(DatabaseError):
                        connection.exec_driver_sql("ROLLBACK")

    def probe(self, body: str) -> tuple[Photo, NotYet | None]:
        """Run one more revision on top of this state, through the student's env.py: BODY is its upgrade().

        Returns the database afterwards, and what went wrong. Nothing of it stays.
        """
        path = self.root / "migrations" / "versions" / "workbook_probe.py"
        before = (self.root / DATABASE).read_bytes() if (self.root / DATABASE).is_file() else b""
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        path.write_text(PROBE.format(parent=self.last.revision, body=lines), encoding="utf-8")
        try:
            assert self.last.file is not None
            shutil.copyfile(self.last.file, self.root / DATABASE)
            with working_in(self.root):
                script = ScriptDirectory.from_config(config(self.root))
                step = MigrationStep.upgrade_from_script(
                    script.revision_map, script.get_revision("workbook_probe")
                )
                try:
                    move(self.root, step)
                    problem = None
                except NotYet as found:
                    problem = found
            return photo.take(engine(self.root)), problem
        finally:
            path.unlink()
            (self.root / DATABASE).write_bytes(before)

    def foreign_keys(self) -> list[int]:
        """Whether keys are on (1) or off (0) on each connection of the student's env.py.

        Looked at when it is given back: by then the guard has put the keys as it met them.
        """
        found: list[int] = []

        def look(connection: Any, _record: Any) -> None:
            with suppress(Exception):  # one that nobody closed cannot be asked any more
                cursor = connection.cursor()
                cursor.execute("PRAGMA foreign_keys")
                found.append(cursor.fetchone()[0])
                cursor.close()

        event.listen(Pool, "checkin", look)
        try:
            with working_in(self.root):
                settings = config(self.root)
                script = ScriptDirectory.from_config(settings)
                with EnvironmentContext(settings, script, fn=lambda _revision, _context: []):
                    said(self.root, script.run_env)
        finally:
            event.remove(Pool, "checkin", look)
        return found

    def copies(self, table: str, *, down: bool = False) -> int:
        """How often the steps of this task copy a table row by row, in their upgrades or their downgrades."""
        sent = [line for step in self.steps for line in (step.sent_down if down else step.sent)]
        a_copy = re.compile(
            rf"\s*INSERT\s+INTO\b.*\bSELECT\b.*\bFROM\s+[\"'`\[]?{table}\b", re.IGNORECASE | re.DOTALL
        )
        return sum(bool(a_copy.match(line)) for line in sent)

    def downgraded(self, *statements: str) -> Photo:
        """The database after the downgrade of these steps, with STATEMENTS run before. Raises NotYet."""
        before = (self.root / DATABASE).read_bytes() if (self.root / DATABASE).is_file() else b""
        try:
            self._take(self.last.file, statements, self.root / DATABASE)
            with working_in(self.root):
                script = ScriptDirectory.from_config(config(self.root))
                for step in reversed(self.steps):
                    found = script.get_revision(step.revision)
                    move(self.root, MigrationStep.downgrade_from_script(script.revision_map, found))
            return photo.take(engine(self.root))
        finally:
            (self.root / DATABASE).write_bytes(before)

    def script(self, *, down: bool = False) -> str:
        """The SQL of these steps, as `alembic ... --sql` writes it. Raises NotYet where it writes none."""
        ends = [self.trial.steps[self.start - 1].revision if self.start else "base", self.last.revision]
        out = io.StringIO()
        with working_in(self.root):
            settings = config(self.root)
            settings.output_buffer = out
            write = command.downgrade if down else command.upgrade
            said(self.root, lambda: write(settings, ":".join(reversed(ends) if down else ends), sql=True))
        return out.getvalue()

    def by_script(self, *statements: str, down: bool = False) -> Photo:
        """The database after the SQL of this task's steps was run on it by another program, foreign keys on.

        STATEMENTS are run before. Raises NotYet when a statement of the script is refused.
        """
        script = self.script(down=down)
        way = "downgrade" if down else "upgrade"
        before = self.trial.steps[self.start - 1].file if self.start else None
        file = self.last.file if down else before
        with tempfile.TemporaryDirectory(dir=self.root, ignore_cleanup_errors=True) as folder:
            self._take(file, statements, Path(folder) / "other.db")
            with closing(sqlite3.connect(Path(folder) / "other.db")) as connection:
                connection.execute("PRAGMA foreign_keys=ON")
                try:
                    connection.executescript(script)
                except sqlite3.Error as error:
                    raise NotYet(
                        f"The script of the {way} stops: {type(error).__name__}: {error}.",
                        where=self.last.path,
                    ) from error
            return photo.take(engine(Path(folder), "other.db"))

    def _take(self, file: Path | None, statements: Sequence[str], target: Path) -> None:
        """Copy a database that a step has left, and run statements on the copy."""
        if file is None:
            raise NotYet("The upgrade did not come so far.")
        shutil.copyfile(file, target)
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def text_of(self, name: str) -> str:
        """A file of the project; empty when it is not there."""
        self.asked.update({"models"} if name == "models.py" else ())
        path = self.root / name
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def models(self, run: Callable[[Any], Any]) -> Any:
        """RUN with the student's module `models`; an error in it is theirs. Raises NotYet."""
        self.asked.add("models")
        with working_in(self.root):
            sys.path.insert(0, str(self.root))
            try:
                return said(self.root, lambda: run(importlib.import_module("models")))
            except NotYet as problem:
                raise NotYet(problem.what, where=problem.where or "models.py", why=problem.why) from problem

    def models_or(self, otherwise: Any, run: Callable[[Any], Any]) -> Any:
        """The same for what is asked again when they have gone on: then models that fail are OTHERWISE.

        They are a mistake in a later task, and no fault of this one.
        """
        try:
            return self.models(run)
        except NotYet:
            if self.end == len(self.trial.steps):
                raise
            return otherwise

    def made_by_the_models(self) -> Photo:
        """A new database, made from the student's models and not by the revisions. Raises NotYet."""

        def make(models: Any) -> Photo:
            made = sa.create_engine("sqlite://", poolclass=StaticPool)
            try:
                models.Base.metadata.create_all(made)
                return photo.take(made)
            finally:
                made.dispose()

        found = self.models(make)
        assert isinstance(found, Photo)
        return found


def _short(value: Any) -> str:
    return textwrap.shorten(repr(value), 40, placeholder=" …") if value != "" else "an empty text"


def _a(family: str) -> str:
    words = {"moment": "date with its time (DateTime)", "long text": "long text (Text)"}.get(family, family)
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


# -------------------------------------------------------------------------- what every task asks

AGAIN = "Whoever goes down and up again meets a table or column that is there already."
BACK = "Whoever goes down wants the program of before back, and it expects the database of before."
DEFAULT = (
    "A default that filled the rows stays until it is taken off: `alter_column(..., server_default=None)` "
    "in one more batch."
)


def steps_are_sound(blog: Blog, *, may_lose: dict[str, str]) -> None:
    """What holds for every revision of this task: it runs with rows, keeps them, and its downgrade undoes it.

    MAY_LOSE names the tables whose rows may become fewer, each with the reason.
    """
    for step in blog.steps:
        if step.wrong_up:
            raise stopped(step.wrong_up, step, "upgrade")
        _rows_survive(step, may_lose)
    for step in reversed(blog.steps):
        _is_undone(step)
    for step in blog.steps:
        if step.wrong_again:
            raise stopped(step.wrong_again, step, "upgrade after the downgrade")


def stopped(problem: NotYet, step: Step, what: str) -> NotYet:
    """What stopped a step, with its file: the upgrade of it, or WHAT else it was."""
    return NotYet(
        problem.what
        if problem.what.startswith(("Alembic", "Python", "This file", "After the", "The batch"))
        else f"The {what} stops: {problem.what}",
        where=step.path if "would point to nothing" in problem.what else problem.where or step.path,
        why=problem.why,
    )


def _rows_survive(step: Step, may_lose: dict[str, str]) -> None:
    assert step.after is not None
    left = [name for name in step.after.tables if name.startswith("_alembic_tmp_")]
    if left:
        raise NotYet(f"The upgrade leaves a table `{left[0]}` behind.", where=step.path)
    gone = set(step.before.tables) - set(step.after.tables)
    new = set(step.after.tables) - set(step.before.tables)
    for name, rows in step.before.rows.items():
        after = step.after.rows.get(name)
        if name in gone and name not in may_lose:
            taken = [other for other in new if len(step.after.rows[other]) == len(rows)]
            if not taken and len(rows):
                raise NotYet(
                    f"The {len(rows)} rows of `{name}` are gone after the upgrade; no other table has them.",
                    where=step.path,
                    why="Dropping a table and making another is no rename: the rows do not come along.",
                )
        elif after is not None and len(after) < len(rows) and name not in may_lose:
            raise NotYet(
                f"`{name}` had {len(rows)} rows before the upgrade and has {len(after)} after it.",
                where=step.path,
                why=_where_rows_went(step, name),
            )


def _where_rows_went(step: Step, name: str) -> str:
    """Why a table has fewer rows, as far as the statements of the step tell."""
    begins = rf"\s*{{}}\s+[\"'`\[]?{name}\b"
    if any(re.match(begins.format("DELETE FROM"), line, re.IGNORECASE) for line in step.sent):
        return "upgrade() deletes them, and the task asks for every one of them to stay."
    if any(re.match(begins.format("CREATE TABLE"), line, re.IGNORECASE) for line in step.sent):
        return "The table was dropped and made anew, and its rows do not come along by themselves."
    if any("ON DELETE CASCADE" in key.words for key in step.before.tables[name].foreign_keys):
        return "A row of a parent was deleted, or the parent rebuilt without the guard of lesson 05: CASCADE."
    return ""


def _is_undone(step: Step) -> None:
    if step.wrong_down:
        raise stopped(step.wrong_down, step, "downgrade")
    if step.down is None:
        return
    differences = same_schema(step.before, step.down)
    if differences:
        if step.after is not None and not same_schema(step.after, step.down):
            raise NotYet(
                "The downgrade does nothing: " + differences[0] + ".",
                where=f"{step.path}, in downgrade()",
                why=AGAIN if re.match(r"the (table|column) .* is still there$", differences[0]) else BACK,
            )
        raise NotYet(
            f"The downgrade does not undo the upgrade: {differences[0]}.",
            where=f"{step.path}, in downgrade()",
            why=DEFAULT if re.search(r"was (.*) and is now \1 DEFAULT ", differences[0]) else "",
        )
    for name, rows in step.down.rows.items():
        ready = step.ready.rows.get(name) if step.ready else None
        if ready is not None and len(rows) < len(ready):
            raise NotYet(
                f"The downgrade takes rows away: `{name}` had {len(ready)} and has {len(rows)} after it.",
                where=f"{step.path}, in downgrade()",
            )


def what_was_there_comes_back(blog: Blog) -> None:
    """No downgrade of this task loses or changes values that the upgrade has kept.

    To be asked last: a task may know better what such a downgrade has got wrong.
    """
    for step in reversed(blog.steps):
        if step.after is None or step.ready is None or step.down is None:
            continue
        met = step.ready if step.plain_down is None else step.after
        spoiled = undone.not_as_before(step.before, step.after, met, step.plain_down or step.down)
        if spoiled:
            raise NotYet(spoiled.what, where=f"{step.path}, in downgrade()", why=spoiled.why)
