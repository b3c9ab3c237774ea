"""A photo of a database: its schema and its rows at one moment, to lay beside another.

Nothing here writes. A photo holds plain values and no connection, so it outlives the database.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Connection, Engine, Inspector, inspect

MOST = 100_000  # rows of a table that are read; of more it is only said how many they are
MOST_REMEMBERED = 200  # schemas that are kept in memory; after so many it is emptied
NOW = ("CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME")
SPELLINGS = {"FALSE": "0", "TRUE": "1", "NULL": None, **dict(zip(NOW, NOW, strict=True))}  # of a default
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

    @property
    def meaning(self) -> str | None:
        """The default, the same for spellings that store the same: `current_timestamp` in any letters, `'0'`.

        A number in quotation marks is one where the column is of numbers, and a text without them where not.
        """
        default = self.default or ""
        if re.fullmatch(r"'(0|[1-9][0-9]*)'", default):
            return default[1:-1]
        return SPELLINGS.get(default.upper(), self.default)


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
    """All rows of a table: the keys that name them, and the values column by column, in key order.

    A table of more than MOST rows is only COUNTED: there are neither keys nor values.
    """

    keys: tuple[Any, ...] = ()
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    counted: int | None = None

    def __len__(self) -> int:
        return len(self.keys) if self.counted is None else self.counted

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
    dialect: str = field(default="sqlite", compare=False)

    @property
    def place(self) -> str:
        """Where the database was, to be read: `0003`, `base`, or `0016 and 0017`."""
        return " and ".join(self.revision) or "base"


def take(engine: Engine, *, bookkeeping: bool = False) -> Photo:
    """Look at a whole database. Read-only; reads every row, but in a table of more than MOST none.

    alembic_version is left out of the tables unless BOOKKEEPING asks for it.
    """
    with engine.connect() as connection:
        found = _all_tables(connection)
        tables = {name: found[name] for name in found if bookkeeping or name != BOOKKEEPING}
        revision = _revision(connection) if BOOKKEEPING in found else ()
        values = {name: read_rows(connection, table) for name, table in tables.items()}
    return Photo(tables, values, revision, engine.dialect.name)


_remembered: dict[Any, dict[str, Table]] = {}


def _all_tables(connection: Connection) -> dict[str, Table]:
    """Every table, by name. On SQLite the texts in sqlite_master say all: the same ones are read once."""
    if connection.dialect.name != "sqlite":
        return _read_all_tables(connection)
    texts = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").all()
    key = tuple(map(tuple, texts))
    if key not in _remembered:
        if len(_remembered) > MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = _read_all_tables(connection)
    return _remembered[key]


def _read_all_tables(connection: Connection) -> dict[str, Table]:
    with warnings.catch_warnings():
        # An index on an expression: `_sqlite_indexes` reads what SQLAlchemy does not
        warnings.filterwarnings("ignore", message="Skipped unsupported reflection of expression-based index")
        inspector = inspect(connection)
        names = sorted(inspector.get_table_names())
        if connection.dialect.name == "postgresql":
            inspector = cast("Inspector", _AllAtOnce(inspector))
        return {name: read_table(inspector, name) for name in names}


class _AllAtOnce:
    """Answers as an Inspector does, but asks once for all tables: to a server each question is a journey."""

    def __init__(self, inspector: Inspector) -> None:
        self.bind, self.dialect = inspector.bind, inspector.dialect
        self._inspector = inspector
        self._known: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = getattr(self._inspector, name.replace("get_", "get_multi_"))()
        return lambda table: self._known[name][None, table]


def read_table(inspector: Inspector, name: str) -> Table:
    """Describe one table. Raises NoSuchTableError when there is none of that name."""
    columns = tuple(
        Column(found["name"], str(found["type"]), found["nullable"], _default(found.get("default")))
        for found in inspector.get_columns(name)
    )
    return Table(name, columns, _rules(inspector, name), _indexes(inspector, name))


def read_rows(connection: Connection, table: Table) -> Rows:
    """Read all rows of a table as the driver gives them, ordered by primary key; count them if too many."""
    quote = connection.dialect.identifier_preparer.quote
    names = [column.name for column in table.columns]
    count = connection.exec_driver_sql(f"SELECT count(*) FROM {quote(table.name)}").scalar_one()
    if count > MOST:
        return Rows(values=dict.fromkeys(names, ()), counted=count)
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
    rules = [*_primary_key(inspector, name), *_foreign_keys(inspector, name), *_uniques(inspector, name)]
    for check in inspector.get_check_constraints(name):
        rules.append(Rule("CHECK", check["name"], (), f"({' '.join(check['sqltext'].split())})"))
    order = ("PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK")
    return tuple(sorted(rules, key=lambda rule: (order.index(rule.kind), rule.name or "", rule.words)))


def _primary_key(inspector: Inspector, name: str) -> list[Rule]:
    found = inspector.get_pk_constraint(name)
    columns = tuple(found["constrained_columns"])
    return [Rule("PRIMARY KEY", found["name"], columns, f"({', '.join(columns)})")] if columns else []


def _foreign_keys(inspector: Inspector, name: str) -> list[Rule]:
    actions = _actions(inspector, name) if inspector.dialect.name == "sqlite" else {}
    rules = []
    for found in inspector.get_foreign_keys(name):
        columns, referred = tuple(found["constrained_columns"]), tuple(found["referred_columns"])
        options = found.get("options", {})
        on_delete, on_update = actions.get(columns, (options.get("ondelete"), options.get("onupdate")))
        words = f"({', '.join(columns)}) REFERENCES {found['referred_table']} ({', '.join(referred)})"
        words += f" ON DELETE {on_delete}" if on_delete else ""
        words += f" ON UPDATE {on_update}" if on_update else ""
        rules.append(Rule("FOREIGN KEY", found["name"], columns, words, found["referred_table"], referred))
    return rules


def _actions(inspector: Inspector, name: str) -> dict[tuple[str, ...], tuple[str | None, str | None]]:
    """ON DELETE and ON UPDATE by columns: reflection overlooks them in keys that stand beside a column."""
    columns: dict[int, list[str]] = {}
    rules: dict[int, tuple[str | None, str | None]] = {}
    for number, _, _, column, _, on_update, on_delete, _ in _pragma(inspector, "foreign_key_list", name):
        columns.setdefault(number, []).append(column)
        rules[number] = (_unless_none(on_delete), _unless_none(on_update))
    return {tuple(columns[number]): rules[number] for number in columns}


def _unless_none(action: str) -> str | None:
    return None if action == "NO ACTION" else action


def _uniques(inspector: Inspector, name: str) -> list[Rule]:
    found = [
        (unique["name"], tuple(unique["column_names"])) for unique in inspector.get_unique_constraints(name)
    ]
    if inspector.dialect.name == "sqlite":  # reflection overlooks some that stand beside their column
        known = {columns for _, columns in found}
        found += [(None, columns) for columns in _unique_columns(inspector, name) if columns not in known]
    return [Rule("UNIQUE", title, columns, f"({', '.join(columns)})") for title, columns in found]


def _unique_columns(inspector: Inspector, name: str) -> list[tuple[str, ...]]:
    indexes = [row[1] for row in _pragma(inspector, "index_list", name) if row[3] == "u"]
    return [tuple(row[2] for row in _pragma(inspector, "index_info", index)) for index in indexes]


def _pragma(inspector: Inspector, pragma: str, name: str) -> Sequence[Any]:
    connection = inspector.bind
    assert isinstance(connection, Connection)
    quoted = connection.dialect.identifier_preparer.quote_identifier(name)
    return connection.exec_driver_sql(f"PRAGMA {pragma}({quoted})").fetchall()


def _indexes(inspector: Inspector, name: str) -> tuple[Index, ...]:
    if inspector.dialect.name == "sqlite":  # reflection overlooks expressions, and forgets DESC
        return _sqlite_indexes(inspector, name)
    if inspector.dialect.name == "postgresql":
        return _postgresql_indexes(inspector, name)
    found = []
    for index in inspector.get_indexes(name):
        if index.get("duplicates_constraint"):
            continue
        columns = [column or "an expression" for column in index["column_names"]]
        where = (index.get("dialect_options") or {}).get("sqlite_where")
        words = f"{'UNIQUE ' if index['unique'] else ''}({', '.join(columns)})"
        found.append(Index(str(index["name"]), words + (f" WHERE {where}" if where is not None else "")))
    return tuple(sorted(found, key=lambda index: index.name))


def _sqlite_indexes(inspector: Inspector, name: str) -> tuple[Index, ...]:
    connection = inspector.bind
    assert isinstance(connection, Connection)
    made = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE "
        "AND sql IS NOT NULL ORDER BY name",
        (name,),
    ).all()
    return tuple(Index(title, _index_in_words(sql)) for title, sql in made)


def _postgresql_indexes(inspector: Inspector, name: str) -> tuple[Index, ...]:
    """As PostgreSQL itself writes them; reflection leaves the rows of a partial one out."""
    connection = inspector.bind
    assert isinstance(connection, Connection)
    made = {found["name"] for found in inspector.get_indexes(name) if not found.get("duplicates_constraint")}
    written = connection.exec_driver_sql(
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE schemaname = current_schema() AND tablename = %s ORDER BY indexname",
        (name,),
    ).all()
    return tuple(Index(title, _index_in_words(sql)) for title, sql in written if title in made)


def _index_in_words(sql: str) -> str:
    """What stands behind the table's name in a CREATE INDEX, with UNIQUE before it where it is so."""
    head, bracket, rest = " ".join(sql.split()).partition("(")
    return f"{'UNIQUE ' if re.match(r'CREATE UNIQUE ', head, re.IGNORECASE) else ''}{bracket}{rest}"
