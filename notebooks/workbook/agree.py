"""Whether the models and the database say the same, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Index
from sqlalchemy.schema import ColumnCollectionConstraint

from workbook.html import Card, Cell, Row, card, note, table, text_table

AGREE = "The models and the database agree."
HEADINGS = ("", "where", "what differs")


class NoModelsError(Exception):
    """env.py gives Alembic no models to compare with."""


def differences(config: Config) -> list[Any]:
    """What Alembic finds between the project's own models and its database, through the project's env.py.

    To be called where the project's packages can be imported. Raises NoModelsError when env.py leaves
    `target_metadata` empty.
    """
    script = ScriptDirectory.from_config(config)
    found: list[Any] = []

    def compare(_revision: Any, context: MigrationContext) -> list[Any]:
        metadata = context.opts.get("target_metadata")
        if metadata is None:
            raise NoModelsError
        found.extend(compare_metadata(context, metadata))
        return []

    with EnvironmentContext(config, script, fn=compare, dont_mutate=True):
        script.run_env()
    return found


def show(found: Iterable[Any], place: str) -> Card:
    """The differences as a card: `+` is in the models alone, `-` in the database alone, `~` differs."""
    title = f"The models and the database at {place}"
    told = sorted((line for each in found for line in in_words(each)), key=lambda line: line[1:])
    if not told:
        return Card(card("", note(f"✓ {AGREE}")), AGREE)
    rows: list[Row] = [[Cell(sign, sign=sign), Cell(where, code=True), what] for sign, where, what in told]
    count = f"{len(told)} difference{'' if len(told) == 1 else 's'}."
    return Card(
        card(title, table(HEADINGS, rows), note(count)), f"{title}\n\n{text_table(HEADINGS, rows)}\n\n{count}"
    )


def in_words(difference: Any) -> Iterator[tuple[str, str, str]]:
    """Sign, place and sentence for one of Alembic's differences (or a list of them)."""
    if isinstance(difference, list):
        for one in difference:
            yield from in_words(one)
        return
    kind, *rest = difference
    if kind.startswith("modify_"):
        yield _modified(kind, rest)
        return
    sign = "+" if kind.startswith("add_") else "-"
    only = "is in the models, not in the database" if sign == "+" else "is in the database, not in the models"
    where, what = _thing(kind.partition("_")[2], rest)
    yield sign, where, f"{what} {only}"


def _thing(kind: str, rest: list[Any]) -> tuple[str, str]:
    if kind == "column":
        _schema, table_name, column = rest
        return f"{table_name}.{column.name}", "the column"
    if kind == "table":
        return str(rest[0].name), "the table"
    item: ColumnCollectionConstraint | Index = rest[0]
    table_name = item.table.name if item.table is not None else ""
    words = {"fk": "the foreign key", "index": "the index", "constraint": "the constraint"}
    columns = ", ".join(column.name for column in item.columns)
    return f"{table_name} ({columns})", f"{words.get(kind, kind)} {item.name or 'without a name'}"


def _modified(kind: str, rest: list[Any]) -> tuple[str, str, str]:
    if kind == "modify_nullable":
        _schema, table_name, column, _existing, database, _models = rest
        here, there = ("allows" if allowed else "forbids" for allowed in (database, not database))
        verb = there.removesuffix("s")
        return "~", f"{table_name}.{column}", f"the database {here} NULL, the models {verb} it"
    if kind in ("modify_type", "modify_default"):
        _schema, table_name, column, _existing, database, models = rest
        noun = "type" if kind == "modify_type" else "default"
        return (
            "~",
            f"{table_name}.{column}",
            f"{noun} {_say(database)} in the database, {_say(models)} in the models",
        )
    where = next((str(part) for part in rest if isinstance(part, str)), "")
    return "~", where, kind.removeprefix("modify_").replace("_", " ") + " differs"


def _say(value: Any) -> str:
    """A type or a default as it is written; a default may come wrapped."""
    value = getattr(value, "arg", value)
    return "none" if value is None else str(value)
