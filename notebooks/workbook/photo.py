"""A photo of a database: its schema and its rows at one moment, to lay beside another.

Nothing here writes. A photo holds plain values and no connection, so it outlives the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Inspector, inspect

BOOKKEEPING = "alembic_version"  # Alembic's own table: never part of what a lesson counts


@dataclass(frozen=True)
class Column:
    """One column, in the words of the database."""

    name: str
    type: str
    nullable: bool
    default: str | None = None

    @property
    def words(self) -> str:
        """Type and rules as they stand in a CREATE TABLE: `BOOLEAN NOT NULL DEFAULT 0`."""
        default = "" if self.default is None else f" DEFAULT {self.default}"
        return f"{self.type}{'' if self.nullable else ' NOT NULL'}{default}"


@dataclass(frozen=True)
class Rule:
    """A constraint: PRIMARY KEY, FOREIGN KEY, UNIQUE or CHECK."""

    kind: str
    name: str | None
    columns: tuple[str, ...]
    words: str
    refers_to: str | None = None
    referred: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Kind and name: `FOREIGN KEY fk_tasks_owner_id_users`."""
        if self.kind == "PRIMARY KEY":  # its name is the database's own affair
            return self.kind
        return f"{self.kind} {self.name or 'without a name'}"


@dataclass(frozen=True)
class Index:
    """An index that somebody made (those that belong to a UNIQUE rule are the rule's own)."""

    name: str
    words: str


@dataclass(frozen=True)
class Table:
    """A table's columns, rules and indexes, each in a fixed order."""

    name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    indexes: tuple[Index, ...] = ()

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key, empty when there is none."""
        return next((rule.columns for rule in self.rules if rule.kind == "PRIMARY KEY"), ())

    @property
    def foreign_keys(self) -> tuple[Rule, ...]:
        """The foreign keys, in a fixed order."""
        return tuple(rule for rule in self.rules if rule.kind == "FOREIGN KEY")

    def key(self, column: str) -> str:
        """The part that COLUMN plays in keys: `PK`, `FK`, `PK, FK` or nothing."""
        keys = ["PK"] if column in self.primary_key else []
        if any(column in rule.columns for rule in self.foreign_keys):
            keys.append("FK")
        return ", ".join(keys)


@dataclass(frozen=True)
class Rows:
    """All rows of a table: the keys that name them, and the values column by column, in key order."""

    keys: tuple[Any, ...] = ()
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    def checksum(self, column: str) -> str:
        """A checksum of the column's values and their types (1, 1.0 and '1' differ)."""
        return hashlib.sha256(repr(self.values[column]).encode("utf-8", "surrogatepass")).hexdigest()

    def count(self, column: str) -> int:
        """How many values the column holds; NULL is none."""
        return sum(value is not None for value in self.values[column])


@dataclass(frozen=True)
class Photo:
    """A database at one moment."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)
    revision: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the database was, to be read: `0003`, `base`, or `0016 and 0017`."""
        return " and ".join(self.revision) or "base"


def take(engine: Engine, *, rows: bool = True) -> Photo:
    """Look at a whole database, leaving alembic_version out of the tables. Read-only.

    Reads every row unless ROWS is false: about 0.2 s for 100,000 rows of eight columns.
    """
    with engine.connect() as connection:
        inspector = inspect(connection)
        names = sorted(inspector.get_table_names())
        tables = {name: read_table(inspector, name) for name in names if name != BOOKKEEPING}
        revision = _revision(connection) if BOOKKEEPING in names else ()
        values = {name: read_rows(connection, table) for name, table in tables.items()} if rows else {}
    return Photo(tables, values, revision)


def read_table(inspector: Inspector, name: str) -> Table:
    """Describe one table. Raises NoSuchTableError when there is none of that name."""
    columns = tuple(
        Column(found["name"], str(found["type"]), found["nullable"], _default(found.get("default")))
        for found in inspector.get_columns(name)
    )
    return Table(name, columns, _rules(inspector, name), _indexes(inspector, name))


def read_rows(connection: Connection, table: Table) -> Rows:
    """Read all rows of a table as the driver gives them, ordered by primary key."""
    quote = connection.dialect.identifier_preparer.quote
    names = [column.name for column in table.columns]
    order = table.primary_key or tuple(names)
    found = connection.exec_driver_sql(
        f"SELECT {', '.join(map(quote, names))} FROM {quote(table.name)} "
        f"ORDER BY {', '.join(map(quote, order))}"
    ).fetchall()
    by_column = list(zip(*found, strict=True)) if found else [()] * len(names)
    values = dict(zip(names, by_column, strict=True))
    return Rows(_keys([values[name] for name in table.primary_key], len(found)), values)


def _keys(columns: Sequence[tuple[Any, ...]], count: int) -> tuple[Any, ...]:
    """What names each row: its primary key; its place in the order where there is none."""
    if not columns:
        return tuple(range(count))
    return columns[0] if len(columns) == 1 else tuple(zip(*columns, strict=True))


def _revision(connection: Connection) -> tuple[str, ...]:
    rows = connection.exec_driver_sql(f"SELECT version_num FROM {BOOKKEEPING} ORDER BY version_num")
    return tuple(rows.scalars())


def _default(default: Any) -> str | None:
    """The default without the brackets that a rebuilt table gets around it: they mean nothing."""
    if default is None:
        return None
    text = str(default)
    return text[1:-1] if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text


def _rules(inspector: Inspector, name: str) -> tuple[Rule, ...]:
    rules = [_primary_key(inspector, name), *map(_foreign_key, inspector.get_foreign_keys(name))]
    for unique in inspector.get_unique_constraints(name):
        columns = tuple(unique["column_names"])
        rules.append(Rule("UNIQUE", unique["name"], columns, f"({', '.join(columns)})"))
    for check in inspector.get_check_constraints(name):
        rules.append(Rule("CHECK", check["name"], (), f"({' '.join(check['sqltext'].split())})"))
    order = ("PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK")
    found = [rule for rule in rules if rule is not None]
    return tuple(sorted(found, key=lambda rule: (order.index(rule.kind), rule.name or "", rule.words)))


def _primary_key(inspector: Inspector, name: str) -> Rule | None:
    found = inspector.get_pk_constraint(name)
    columns = tuple(found["constrained_columns"])
    return Rule("PRIMARY KEY", found["name"], columns, f"({', '.join(columns)})") if columns else None


def _foreign_key(found: Any) -> Rule:
    columns, referred = tuple(found["constrained_columns"]), tuple(found["referred_columns"])
    options = "".join(
        f" {option.upper().replace('ONDELETE', 'ON DELETE').replace('ONUPDATE', 'ON UPDATE')} {value}"
        for option, value in sorted(found.get("options", {}).items())
        if option in ("ondelete", "onupdate")
    )
    words = f"({', '.join(columns)}) REFERENCES {found['referred_table']} ({', '.join(referred)}){options}"
    return Rule("FOREIGN KEY", found["name"], columns, words, found["referred_table"], referred)


def _indexes(inspector: Inspector, name: str) -> tuple[Index, ...]:
    found = []
    for index in inspector.get_indexes(name):
        if index.get("duplicates_constraint"):
            continue
        columns = [column or "an expression" for column in index["column_names"]]
        where = (index.get("dialect_options") or {}).get("sqlite_where")
        words = f"{'UNIQUE ' if index['unique'] else ''}({', '.join(columns)})"
        found.append(Index(str(index["name"]), words + (f" WHERE {where}" if where is not None else "")))
    return tuple(sorted(found, key=lambda index: index.name))
