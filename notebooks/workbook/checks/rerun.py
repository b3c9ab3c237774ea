"""The steps of a task once more, up and down, on other rows than the trial had.

What a data migration does is seen on the rows that the task speaks of: a name of one word, a row that an old
program has written since.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory

from workbook import photo
from workbook.checks.blog import Blog
from workbook.checks.trial import DATABASE, Step, config, engine, move, working_in
from workbook.checks.verdict import NotYet
from workbook.photo import Photo


@dataclass(frozen=True)
class Rerun:
    """The database before, after the way up and after the way down, and the warnings of the way up."""

    before: Photo
    up: Photo
    down: Photo
    log: list[str]


def rerun(blog: Blog, rows: Sequence[str], meanwhile: Sequence[str] = (), *, with_whom: str) -> Rerun:
    """Take the database of the task before, run ROWS on it (SQL), all steps up, MEANWHILE, all steps down.

    Foreign keys are on for the SQL. Raises NotYet when a step stops, and says that it was WITH_WHOM.
    """
    assert blog.start, "the first task has nothing before it"
    file = blog.trial.steps[blog.start - 1].file
    assert file is not None
    shutil.copyfile(file, blog.root / DATABASE)
    _execute(blog, rows)
    before = photo.take(engine(blog.root))
    log: list[str] = []
    with working_in(blog.root):
        script = ScriptDirectory.from_config(config(blog.root))
        found = [(step, script.get_revision(step.revision)) for step in blog.steps]
        for step, revision in found:
            one = MigrationStep.upgrade_from_script(script.revision_map, revision)
            log += _move(blog, one, f"With {with_whom}, the upgrade stops", step.path)
        up = photo.take(engine(blog.root))
        _execute(blog, meanwhile)
        for step, revision in reversed(found):
            one = MigrationStep.downgrade_from_script(script.revision_map, revision)
            _move(blog, one, f"With {with_whom}, the downgrade stops", step.path)
        return Rerun(before, up, photo.take(engine(blog.root)), log)


def _execute(blog: Blog, statements: Sequence[str]) -> None:
    with engine(blog.root).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        for statement in statements:
            connection.exec_driver_sql(statement)


def _move(blog: Blog, step: MigrationStep, when: str, path: str) -> list[str]:
    try:
        return move(blog.root, step)
    except NotYet as problem:
        raise NotYet(f"{when}: {problem.what}", where=problem.where or path, why=problem.why) from problem


def sql_for_postgresql(blog: Blog, step: Step) -> str:
    """What the upgrade of STEP would send to PostgreSQL, as a script; empty when that takes a database."""
    written = StringIO()
    with working_in(blog.root):
        script = ScriptDirectory.from_config(config(blog.root))
        context = MigrationContext.configure(
            dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
        )
        with suppress(Exception), Operations.context(context):
            script.get_revision(step.revision).module.upgrade()
    return written.getvalue()
