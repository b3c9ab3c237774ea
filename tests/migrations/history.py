"""Moving a database through the history, filling it, and taking a picture of it to compare.

Two databases are equal in the sense of these tests when their pictures are: tables, columns (kind of
type, nullability, whether there is a default), names and rules of UNIQUE, foreign keys and indexes,
what the CHECKs let in, and every row by value. The order of columns, the text of the SQL and the names
of primary keys do not count.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine

PROJECT = Path(__file__).resolve().parents[2]


def config(target: URL | Engine | Connection | str) -> Config:
    """Alembic's settings for a database that is given by its URL, or by an engine or a connection to it."""
    made = Config(PROJECT / "alembic.ini")
    made.attributes["connection" if isinstance(target, Engine | Connection) else "url"] = target
    made.attributes["configure_logger"] = False
    return made


def upgrade(target: URL | Engine | Connection | str, revision: str = "head") -> None:
    command.upgrade(config(target), revision)


def downgrade(target: URL | Engine | Connection | str, revision: str) -> None:
    command.downgrade(config(target), revision)


SCRIPTS = ScriptDirectory.from_config(config(""))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]
HEAD = REVISIONS[-1]
# ("base", "0001"), ("0001", "0002"), …
STEPS = list(pairwise(["base", *REVISIONS]))


def engine(url: URL | str) -> Engine:
    """An engine that keeps no connection open."""
    return sa.create_engine(url, poolclass=sa.NullPool)


def run(url: URL, *statements: str) -> list[Any]:
    """Run SQL with the foreign keys on, commit, and return the rows of the last statement."""
    rows: list[Any] = []
    with engine(url).connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        for statement in statements:
            result = connection.execute(sa.text(statement))
            rows = [tuple(row) for row in result] if result.returns_rows else []
        connection.commit()
    return rows


def value(url: URL, statement: str) -> Any:
    [[found]] = run(url, statement)
    return found


def revision_of(url: URL) -> str:
    """Where the database is; "base" where no revision has run."""
    with engine(url).connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return "base"
        heads = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
        return ",".join(heads) or "base"


# --------------------------------------------------------------------------------------------- rows


def _moment(day: int) -> datetime:
    return datetime(2020, 1, day, 9, 30, tzinfo=UTC)


# As they are at head. Ids have gaps, for they must survive; texts are what copying by text would break.
USERS: list[dict[str, Any]] = [
    {"id": 1, "username": "ana", "email": "ana@example.org", "created_at": _moment(1)},
    {"id": 3, "username": "Ana", "email": None, "created_at": _moment(2)},
    {"id": 7, "username": "bo %s :x ?", "email": "", "created_at": _moment(3)},
    {"id": 8, "username": "ünïcødé 🦉", "email": None, "created_at": _moment(4)},
]
# Where usernames are not unique yet: two more of one name.
DOUBLES: list[dict[str, Any]] = [
    {"id": 11, "username": "ana", "email": None, "created_at": _moment(5)},
    {"id": 12, "username": "ana", "email": "another@example.org", "created_at": _moment(6)},
]
TASKS: list[dict[str, Any]] = [
    {"id": 1, "title": "Pay the rent", "done": False, "due_on": date(2020, 2, 3), "category": "home",
     "created_at": _moment(7), "owner_id": 1, "priority": 4},
    {"id": 2, "title": "It's \"quoted\", 100 % :sure?", "done": True, "due_on": None, "category": None,
     "created_at": _moment(8), "owner_id": None, "priority": 2},
    {"id": 5, "title": "", "done": False, "due_on": date(1999, 12, 31), "category": "",
     "created_at": _moment(9), "owner_id": 3, "priority": 1},
    {"id": 6, "title": "Zwei\nZeilen\t🦉 NULL", "done": True, "due_on": date(2020, 2, 29), "category": "NULL",
     "created_at": _moment(10), "owner_id": 8, "priority": 3},
    {"id": 40, "title": "long " * 2000, "done": False, "due_on": None, "category": "home",
     "created_at": _moment(11), "owner_id": 1, "priority": 4},
]  # fmt: skip


def fill(url: URL) -> None:
    """Put rows into every table there is, into the columns there are."""
    with engine(url).begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if "users" in tables.tables:
            _insert(connection, tables.tables["users"], USERS + (DOUBLES if revision < "0008" else []))
        name = "tasks" if "tasks" in tables.tables else "todo"
        if name in tables.tables:
            highest = 4 if revision >= "0010" else 3
            tasks = [task | {"priority": min(task["priority"], highest)} for task in TASKS]
            if revision == "0007":  # one task of somebody who will be merged, one who will be renamed
                tasks[1] |= {"owner_id": 11}
                tasks[3] |= {"owner_id": 12}
            _insert(connection, tables.tables[name], [task | {"name": task["title"]} for task in tasks])


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    columns = set(table.columns.keys())
    connection.execute(table.insert(), [{key: row[key] for key in columns} for row in rows])
    if connection.dialect.name == "postgresql":  # ids that are given do not move the sequence
        connection.execute(sa.text(f"SELECT setval('{table.name}_id_seq', max(id)) FROM {table.name}"))


def made_at(url: URL, revision: str) -> URL:
    """Bring a fresh database to REVISION and put rows into it."""
    if revision != "base":
        upgrade(url, revision)
        fill(url)
    return url


# ------------------------------------------------------------------------------------------ pictures


def picture(url: URL) -> dict[str, Any]:
    """The schema and the rows of a database, in plain values that compare and print well."""
    stored = rows(url)
    return {table: parts | {"rows": stored[table]} for table, parts in schema(url).items()}


def schema(url: URL) -> dict[str, Any]:
    """The picture without the rows, none of which it reads."""
    with engine(url).connect() as connection:
        inspector = sa.inspect(connection)
        return {
            name: _schema(inspector, name) | {"priorities": _priorities(connection, inspector, name)}
            for name in _tables(inspector)
        }


def rows(url: URL) -> dict[str, Any]:
    """The rows of every table."""
    with engine(url).connect() as connection:
        return {name: rows_of(connection, name) for name in _tables(sa.inspect(connection))}


def _tables(inspector: sa.Inspector) -> list[str]:
    return sorted(name for name in inspector.get_table_names() if name != "alembic_version")


KINDS = (sa.Boolean, sa.Integer, sa.Date, sa.DateTime, sa.String)


def _schema(inspector: sa.Inspector, table: str) -> dict[str, Any]:
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    return {
        "columns": {
            column["name"]: (
                next(kind.__name__ for kind in KINDS if isinstance(column["type"], kind)),
                "NULL" if column["nullable"] else "NOT NULL",
                # Both give an id by themselves; only PostgreSQL calls that a default.
                "default" if column["default"] is not None or column["name"] in key else "no default",
            )
            for column in inspector.get_columns(table)
        },
        "primary key": key,
        "unique": sorted((u["name"], *u["column_names"]) for u in inspector.get_unique_constraints(table)),
        "foreign keys": sorted(
            (key["name"], *key["constrained_columns"], key["referred_table"], *key["referred_columns"],
             key["options"].get("ondelete"))
            for key in inspector.get_foreign_keys(table)
        ),
        "indexes": sorted(
            (index["name"], *index["column_names"], index["unique"])
            for index in inspector.get_indexes(table) if "duplicates_constraint" not in index
        ),
    }  # fmt: skip


def _priorities(connection: Connection, inspector: sa.Inspector, table: str) -> list[int]:
    """The priorities that the table's CHECK lets in; text and names differ, what it does must not."""
    if "priority" not in {column["name"] for column in inspector.get_columns(table)}:
        return []
    insert = sa.text(f"INSERT INTO {table} (id, title, priority) VALUES (-1, 'probe', :priority)")
    let_in = []
    for priority in range(-1, 7):
        with connection.begin_nested() as probe:
            try:
                connection.execute(insert, {"priority": priority})
            except sa.exc.IntegrityError:
                continue
            finally:
                probe.rollback()
            let_in.append(priority)
    return let_in


def rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    """All rows in the order of their ids, the same values on every database."""
    columns = [sa.column(found["name"], found["type"]) for found in sa.inspect(connection).get_columns(table)]
    result = connection.execute(sa.select(*columns).select_from(sa.table(table)).order_by(sa.column("id")))
    return [{name: _plain(stored) for name, stored in row.items()} for row in result.mappings()]


def _plain(stored: Any) -> Any:
    if not isinstance(stored, datetime):
        return stored
    moment = stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
    # What a default filled in while the test ran; no two runs agree on the second.
    return "just now" if abs(datetime.now(UTC) - moment) < timedelta(minutes=15) else moment
