"""Whether the models and the database say the same, in words.

What differs is found by Alembic, as `alembic check` finds it. What Alembic does not compare, CHECK rules and
server defaults, is compared here, and said to be so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ForeignKeyConstraint, Index, MetaData, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import ColumnCollectionConstraint

from workbook.html import Card, Cell, Row, card, note, sentence, table, text_table
from workbook.photo import Photo, Table, take

AGREE = "The models and the database agree."
HEADINGS = ("", "where", "what differs")
UNSEEN = "(alembic check does not see this)"


class NoModelsError(Exception):
    """env.py gives Alembic no models to compare with."""


class Difference(NamedTuple):
    """`+` is in the models alone, `-` in the database alone, `~` in both, but not the same."""

    sign: str
    where: str
    what: str


def differences(config: Config, database: Photo) -> list[Difference]:
    """What differs between the project's own models, as its env.py gives them, and its database.

    To be called where the project's packages can be imported. DATABASE is a photo of the same database
    that CONFIG leads to. Raises NoModelsError when env.py leaves `target_metadata` empty.
    """
    script = ScriptDirectory.from_config(config)
    found: set[Difference] = set()

    def compare(_revision: Any, context: MigrationContext) -> list[Any]:
        metadata = context.opts.get("target_metadata")
        if metadata is None:
            raise NoModelsError
        for difference in compare_metadata(context, metadata):
            found.update(_in_words(difference))
        if context.dialect.name == "sqlite":
            found.update(_overlooked(metadata, database))
        return []

    with EnvironmentContext(config, script, fn=compare, dont_mutate=True):
        script.run_env()
    return sorted(found, key=lambda difference: (difference.where, difference.what))


def show(found: list[Difference], place: str) -> Card:
    """The differences as a card, or the sentence that there is none."""
    if not found:
        return Card(card("", sentence(f"✓ {AGREE}")), AGREE)
    title = f"The models and the database at {place}"
    rows: list[Row] = [[Cell(sign, sign=sign), Cell(where, code=True), what] for sign, where, what in found]
    count = f"{len(found)} difference{'' if len(found) == 1 else 's'}."
    html = card(title, table(HEADINGS, rows), note(count))
    return Card(html, f"{title}\n\n{text_table(HEADINGS, rows)}\n\n{count}")


def _in_words(difference: Any) -> Iterator[Difference]:
    """One of Alembic's differences (or a list of them) in words."""
    if isinstance(difference, list):
        for one in difference:
            yield from _in_words(one)
        return
    kind, *rest = difference
    if kind.startswith("modify_"):
        yield _modified(kind, rest)
        return
    sign = "+" if kind.startswith("add_") else "-"
    only = "is in the models, not in the database" if sign == "+" else "is in the database, not in the models"
    where, what = _thing(kind.partition("_")[2], rest)
    yield Difference(sign, where, f"{what} {only}")


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
    what = f"{words.get(kind, kind)} {item.name or 'without a name'}"
    if isinstance(item, ForeignKeyConstraint) and item.ondelete:
        what += f" with ON DELETE {item.ondelete}"
    return f"{table_name} ({columns})", what


def _modified(kind: str, rest: list[Any]) -> Difference:
    _schema, table_name, column, _existing, database, models = rest
    where = f"{table_name}.{column}"
    if kind == "modify_nullable":
        here, there = ("allows", "forbid") if database else ("forbids", "allow")
        return Difference("~", where, f"the database {here} NULL, the models {there} it")
    noun = kind.removeprefix("modify_")
    return Difference("~", where, f"{noun} {database} in the database, {models} in the models")


def _overlooked(metadata: MetaData, database: Photo) -> Iterator[Difference]:
    """CHECK rules and server defaults that differ: the models' tables are made in memory and looked at."""
    engine = create_engine("sqlite://")
    try:
        metadata.create_all(engine)
        models = take(engine)
    except SQLAlchemyError:  # models that SQLite cannot hold: what Alembic finds must do
        return
    finally:
        engine.dispose()
    for name, there in models.tables.items():
        if name in database.tables:
            yield from _defaults(database.tables[name], there)
            yield from _checks(database.tables[name], there)


def _defaults(database: Table, models: Table) -> Iterator[Difference]:
    columns = {column.name: column for column in database.columns}
    for column in models.columns:
        here = columns.get(column.name, column)
        if here.meaning != column.meaning:
            what = (
                f"default {here.default or 'none'} in the database, {column.default or 'none'} in the models"
            )
            yield Difference("~", f"{models.name}.{column.name}", f"{what} {UNSEEN}")


def _checks(database: Table, models: Table) -> Iterator[Difference]:
    here, there = (
        {rule.name or rule.words: rule.words for rule in side.rules if rule.kind == "CHECK"}
        for side in (database, models)
    )
    for name in here.keys() - there.keys():
        yield Difference("-", models.name, f"the CHECK {name} is in the database, not in the models {UNSEEN}")
    for name in there.keys() - here.keys():
        yield Difference("+", models.name, f"the CHECK {name} is in the models, not in the database {UNSEEN}")
    for name in here.keys() & there.keys():
        if here[name] != there[name]:
            what = f"the CHECK {name} says {here[name]} in the database, {there[name]} in the models"
            yield Difference("~", models.name, f"{what} {UNSEEN}")
