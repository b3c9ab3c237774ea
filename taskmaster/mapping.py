"""Classes of today's names over the tables of an older revision.

At head taskmaster uses the classes it declares. On an older database it maps classes of the same names
onto the tables it finds there, with the old table and column names behind today's attributes. A column
that a later revision dropped is mapped too where it still is. One that the history does not know, which a
revision of the user's own may have added, is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, cast

from sqlalchemy import (
    Column,
    Connection,
    FetchedValue,
    ForeignKeyConstraint,
    MetaData,
    Table,
    inspect,
)
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint
from sqlalchemy.orm import Mapper, Session, registry, relationship

from taskmaster.errors import UnfitDatabaseError
from taskmaster.models import Base, Profile, Tag, Task, User, task_tags
from taskmaster.schema import FORMER_COLUMNS, FORMER_TABLES, HEAD, REVISIONS, Schema


@dataclass(frozen=True)
class Models:
    """The mapped classes of one database. Ask its Schema before touching what may not be there yet.

    Where a table is not there yet its class is None; it is not declared so, because whoever asks for
    it has asked the Schema first.
    """

    task: type[Task]
    user: type[User]
    tag: type[Tag]
    profile: type[Profile]
    task_tags: Table


_DECLARED = Models(Task, User, Tag, Profile, task_tags)
# All columns there ever were, by today's names.
_COLUMNS: set[tuple[str, ...]] = {
    tuple(column.split(".")) for revision in REVISIONS for column in revision.columns
}
_mapped: dict[frozenset[tuple[str, ...]], Models] = {}  # one mapping a shape, not one a database


def models_for(connection: Connection, schema: Schema) -> Models:
    """Return the classes that fit the database behind CONNECTION, which is at SCHEMA.

    Call once a unit of work. Raises UnfitDatabaseError when the tables are not what SCHEMA says.
    """
    if is_declared(schema):
        return _DECLARED
    tables = _reflect(connection)
    _compare(schema, tables, on_a_server=connection.dialect.name != "sqlite")
    shape = frozenset((connection.dialect.name, t.name, c.name) for t in tables.values() for c in t.c)
    if shape not in _mapped:
        _mapped[shape] = _map(tables)
    return _mapped[shape]


def is_declared(schema: Schema) -> bool:
    """Whether the declared classes fit; tests say no, to run everything through an old-database mapping."""
    return schema == HEAD


def models(session: Session) -> Models:
    """The classes for the database of SESSION."""
    return cast(Models, session.info["models"])


def schema(session: Session) -> Schema:
    """Where the database of SESSION is in the history."""
    return cast(Schema, session.info["schema"])


def _reflect(connection: Connection) -> dict[str, Table]:
    """Today's table name -> the table as it is here, its columns keyed by today's names.

    It asks for columns and keys, of all tables at once: `MetaData.reflect` would ask a server for indexes,
    rules and comments too. Into a MetaData of its own: `Base.metadata` is what Alembic compares the
    database with.
    """
    today = {table: table for table, _ in _COLUMNS} | FORMER_TABLES
    inspector, metadata = inspect(connection), MetaData()
    columns = inspector.get_multi_columns(filter_names=list(today))
    primary = inspector.get_multi_pk_constraint(filter_names=list(today))
    foreign = inspector.get_multi_foreign_keys(filter_names=list(today))
    return {
        today[place[1]]: Table(
            place[1],
            metadata,
            *_known(today[place[1]], found, primary[place]["constrained_columns"]),
            *_links(today, place[1], foreign[place]),
        )
        for place, found in columns.items()
        if place in primary and place in foreign  # or somebody removed it between the questions
    }


def _known(table: str, found: Iterable[ReflectedColumn], primary: Collection[str]) -> Iterable[Column[Any]]:
    """Those of the columns FOUND that the history knows. TABLE is today's name."""
    ours = Base.metadata.tables.get(table)
    for column in found:
        key = _today(table, column["name"])
        if (table, key) in _COLUMNS:
            yield Column(
                column["name"],
                # What is found knows none of our own types.
                column["type"] if ours is None or key not in ours.c else ours.c[key].type,
                key=key,
                primary_key=column["name"] in primary,
                nullable=column["nullable"],
                server_default=None if column["default"] is None else FetchedValue(),
                autoincrement=column.get("autoincrement", "auto"),
            )


def _links(
    today: dict[str, str], table: str, found: Iterable[ReflectedForeignKeyConstraint]
) -> Iterable[ForeignKeyConstraint]:
    """Those of the foreign keys FOUND that go from and to columns that the history knows."""
    for link in found:
        to = today.get(link["referred_table"], "")
        here = [_today(today[table], column) for column in link["constrained_columns"]]
        there = [_today(to, column) for column in link["referred_columns"]]
        if {(today[table], key) for key in here} | {(to, key) for key in there} <= _COLUMNS:
            yield ForeignKeyConstraint(here, [f"{link['referred_table']}.{key}" for key in there])


def _today(table: str, column: str) -> str:
    """Today's name of a column; TABLE is today's name too."""
    return FORMER_COLUMNS.get((table, column), column)


def _compare(schema: Schema, tables: dict[str, Table], *, on_a_server: bool) -> None:
    why = "Something other than a migration changed it"
    if on_a_server:  # where a reader may have waited for the end of one
        why += ", or a migration did so just now: try again"
    for name, revision in schema.columns.items():
        table, column = name.split(".")
        if table not in tables or column not in tables[table].c:
            raise UnfitDatabaseError(
                f"says that it is at revision {schema.position}, but it has no {name}, which revision "
                f"{revision.id} ({revision.title}) made. {why}."
            )


def _map(tables: dict[str, Table]) -> Models:
    mappers = [mapper for mapper in Base.registry.mappers if _table_of(mapper) in tables]
    classes: dict[type, type] = {
        mapper.class_: type(mapper.class_.__name__, (), _behaviour(mapper.class_)) for mapper in mappers
    }
    # A registry of its own: in a shared one, one relationship to a missing table disables every class.
    own = registry()
    for mapper in mappers:
        own.map_imperatively(
            classes[mapper.class_],
            tables[_table_of(mapper)],
            properties=_relationships(mapper, classes, tables),
        )
    own.configure()  # what does not fit fails here, not in the first query
    return Models(
        cast("type[Task]", classes.get(Task)),
        cast("type[User]", classes.get(User)),
        cast("type[Tag]", classes.get(Tag)),
        cast("type[Profile]", classes.get(Profile)),
        cast(Table, tables.get(task_tags.name)),
    )


def _table_of(mapper: Mapper[Any]) -> str:
    return cast(Table, mapper.local_table).name


def _relationships(
    mapper: Mapper[Any], classes: dict[type, type], tables: dict[str, Table]
) -> dict[str, Any]:
    """The declared relationships whose columns are all there."""
    return {
        link.key: relationship(
            classes[link.mapper.class_],
            back_populates=link.back_populates,
            passive_deletes=link.passive_deletes,
            uselist=link.uselist,
            secondary=None if link.secondary is None else tables[cast(Table, link.secondary).name],
        )
        for link in mapper.relationships
        if all(_is_there(column, tables) for pair in link.local_remote_pairs or () for column in pair)
    }


def _is_there(column: Any, tables: dict[str, Table]) -> bool:
    return column.table.name in tables and column.key in tables[column.table.name].c


def _behaviour(class_: type) -> dict[str, Any]:
    """Methods and properties; columns come from the table that is there."""
    return {
        name: value
        for name, value in _members(cls for cls in reversed(class_.__mro__) if cls not in Base.__mro__)
        if isinstance(value, FunctionType | property) and name != "__init__"
    }


def _members(classes: Iterable[type]) -> Iterable[tuple[str, Any]]:
    return (item for cls in classes for item in vars(cls).items())
