"""The shipped 0015 is what autogenerate writes from the models, apart from the corrections of lesson 09."""

from __future__ import annotations

import ast

import nbformat
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, MetaData
from workbook import commands, stage

from taskmaster.models import Base
from tests.migrations.history import engine, made_at
from tests.workbook.audit import PROJECT
from tests.workbook.conftest import Run

SHIPPED = PROJECT / "migrations" / "versions" / "0015_create_profiles.py"
LESSON = PROJECT / "notebooks" / "09-let-alembic-write-it.ipynb"
NOW = ("sa.text('(CURRENT_TIMESTAMP)')", "sa.func.now()")
TYPE = ("taskmaster.models.base.UtcDateTime(", "sa.DateTime(")


def operations(source: str, function: str) -> str:
    """The operations of a function of a revision, in one layout; what only warns of a loss is none."""
    found = next(
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == function
    )
    return "\n".join(line for line in map(ast.unparse, found.body) if line != "warn_of_loss()")


def shipped(function: str) -> str:
    return operations(SHIPPED.read_text(encoding="utf-8"), function)


def written(url: URL, metadata: MetaData) -> str:
    """The file that autogenerate writes for `profiles` alone, as far as it counts."""

    def profiles_only(_item: object, name: str, kind: str, _reflected: bool, _other: object) -> bool:
        return kind != "table" or name == "profiles"

    options = {"target_metadata": metadata, "render_as_batch": True, "include_object": profiles_only}
    with commands.stock_alembic(), engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        script = produce_migrations(context, metadata)
        assert script.upgrade_ops is not None
        assert script.downgrade_ops is not None
        up, down = (
            render_python_code(each, render_as_batch=True, migration_context=context)
            for each in (script.upgrade_ops, script.downgrade_ops)
        )
    return f"def upgrade():\n    {up}\n\ndef downgrade():\n    {down}\n"


def corrected(source: str, *corrections: tuple[str, str]) -> str:
    """Each correction is needed, and at one place."""
    for wrong, right in corrections:
        assert source.count(wrong) == 1
        source = source.replace(wrong, right)
    return source


def test_from_the_models_of_the_app_two_corrections_are_needed(sqlite: URL) -> None:
    source = corrected(written(made_at(sqlite, "0014"), Base.metadata), NOW, TYPE)
    assert operations(source, "upgrade") == shipped("upgrade")
    assert operations(source, "downgrade") == shipped("downgrade")


def test_the_lesson_corrects_its_own_file_until_it_is_the_shipped_one(run: Run) -> None:
    """The cells themselves: the index that the DBA made by hand is part of them."""
    sources = [cell.source for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]
    at = next(
        number for number, source in enumerate(sources) if "%%change migrations/versions/0015" in source
    )
    for source in sources[:at]:
        run(source)
    mine = stage.current().root / "migrations" / "versions" / SHIPPED.name
    first = mine.read_text(encoding="utf-8")
    assert operations(corrected(first, NOW), "upgrade") != shipped("upgrade")
    assert first.count("dba_tasks_due_on") == 2
    run(sources[at])
    second = mine.read_text(encoding="utf-8")
    assert operations(second, "upgrade") == shipped("upgrade")
    assert operations(second, "downgrade") == shipped("downgrade")


def test_both_corrections_of_the_app_are_named_in_the_lesson() -> None:
    text = "\n".join(cell.source for cell in nbformat.read(LESSON, as_version=4).cells)
    assert NOW[0] in text
    assert NOW[1] in text
    assert TYPE[0] in text
    assert "sa.DateTime(timezone=True)" in text
