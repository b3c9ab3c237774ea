"""Moving a database through the history, filling it, and taking a picture of it to compare.

Two databases are equal in the sense of these tests when their pictures are: tables, columns (kind of
type, nullability, whether there is a default), names and rules of UNIQUE, foreign keys and indexes,
what the CHECKs let in, and every row by value. The order of columns, the text of the SQL and the names
of primary keys do not count.

The history has two branches, so a database can be at two revisions: such a place is written
"0016,0017".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

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
    for head in revision.split(","):
        command.upgrade(config(target), head)


def downgrade(target: URL | Engine | Connection | str, revision: str) -> None:
    command.downgrade(config(target), revision)


SCRIPTS = ScriptDirectory.from_config(config(""))
REVISIONS = sorted(script.revision for script in SCRIPTS.walk_revisions())
HEAD = REVISIONS[-1]
PARENTS = {revision: set(SCRIPTS.get_revision(revision)._all_down_revisions) for revision in REVISIONS}


def ancestors(heads: Iterable[str]) -> set[str]:
    """HEADS and every revision below them: all that a database has applied that is there."""
    below = set(heads)
    return below.union(*(ancestors(PARENTS[revision]) for revision in below)) - {"base"}


def place(applied: Iterable[str]) -> str:
    """How to write the place where exactly these revisions are applied."""
    present = set(applied)
    return ",".join(sorted(present.difference(*(PARENTS[revision] for revision in present)))) or "base"


def applied_at(where: str) -> set[str]:
    """The revisions that are applied in a place."""
    return ancestors(set(where.split(",")) - {"base"})


class Step(NamedTuple):
    """One revision, from one place to the next: where histories branch, there is more than one way."""

    before: str
    revision: str
    after: str

    @property
    def down(self) -> str:
        """What to type after `alembic downgrade` to undo this one step and no other."""
        parents = sorted(PARENTS[self.revision])
        if "," in self.after:
            return f"{self.revision}@{parents[0]}"
        return parents[0] if parents else "base"


def _steps() -> list[Step]:
    """Every single step that a database can take, from every place where it can be."""
    found: list[Step] = []
    places = ["base"]
    for before in places:
        present = applied_at(before)
        for revision in REVISIONS:
            if revision not in present and present >= PARENTS[revision]:
                after = place(present | {revision})
                found.append(Step(before, revision, after))
                places += [after] if after not in places else []
    return found


# ("base", "0001", "0001"), …, ("0015", "0017", "0017"), …, ("0017", "0016", "0016,0017"), …
STEPS = _steps()
PLACES = ["base", *dict.fromkeys(step.after for step in STEPS)]


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
        return ",".join(sorted(heads)) or "base"


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
     "created_at": _moment(7), "owner_id": 1, "priority": 4, "estimate": 5, "notes": "IBAN: 100 %"},
    {"id": 2, "title": "It's \"quoted\", 100 % :sure?", "done": True, "due_on": None, "category": None,
     "created_at": _moment(8), "owner_id": None, "priority": 2, "estimate": None, "notes": None},
    {"id": 5, "title": "", "done": False, "due_on": date(1999, 12, 31), "category": "",
     "created_at": _moment(9), "owner_id": 3, "priority": 1, "estimate": None, "notes": ""},
    {"id": 6, "title": "Zwei\nZeilen\t🦉 NULL", "done": True, "due_on": date(2020, 2, 29), "category": "NULL",
     "created_at": _moment(10), "owner_id": 8, "priority": 3, "estimate": 2**31 - 1, "notes": "a\n\t🦉"},
    {"id": 40, "title": "long " * 2000, "done": False, "due_on": None, "category": " Home\u00a0",
     "created_at": _moment(11), "owner_id": 1, "priority": 4, "estimate": 1, "notes": None},
]  # fmt: skip
# One that a category folds to, one that none does.
TAGS: list[dict[str, Any]] = [
    {"id": 2, "name": "HOME", "folded": "home"},
    {"id": 9, "name": "Straße 🦉", "folded": "strasse 🦉"},
]
LINKS = [
    {"task_id": 1, "tag_id": 2},
    {"task_id": 1, "tag_id": 9},
    {"task_id": 6, "tag_id": 9},
]
RETIRED = [
    {"task_id": task["id"], "category": task["category"]} for task in TASKS if task["category"] is not None
]
PROFILES: list[dict[str, Any]] = [
    {"id": 4, "user_id": 1, "full_name": "Ana B. :x", "about": "Zwei\nZeilen", "created_at": _moment(12)},
    {"id": 6, "user_id": 8, "full_name": None, "about": None, "created_at": _moment(13)},
]


def fill(url: URL) -> None:
    """Put rows into every table there is, into the columns there are."""
    applied = applied_at(revision_of(url))
    users = USERS + (DOUBLES if "0008" not in applied else [])
    tasks = [
        task | {"name": task["title"], "priority": min(task["priority"], 4 if "0010" in applied else 3)}
        for task in TASKS
    ]
    if "0007" in applied and "0008" not in applied:  # one task of somebody to be merged, one to be renamed
        tasks[1] |= {"owner_id": 11}
        tasks[3] |= {"owner_id": 12}
    rows: dict[str, list[dict[str, Any]]] = {
        "users": users,
        "todo": tasks,
        "tasks": tasks,
        "tags": TAGS,
        "task_tags": LINKS,
        "retired_category": RETIRED,
        "profiles": PROFILES,
    }
    with engine(url).begin() as connection:
        tables = sa.MetaData()
        with warnings.catch_warnings():  # it cannot read an index on an expression, and need not
            warnings.filterwarnings("ignore", message="Skipped unsupported reflection of expression-based")
            tables.reflect(connection)
        assert set(tables.tables) - {"alembic_version"} <= set(rows)
        for name in rows:
            if name in tables.tables:
                _insert(connection, tables.tables[name], rows[name])


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    columns = set(table.columns.keys())
    connection.execute(table.insert(), [{key: row[key] for key in columns} for row in rows])
    if connection.dialect.name == "postgresql" and "id" in columns:  # ids that are given do not move it
        connection.execute(sa.text(f"SELECT setval('{table.name}_id_seq', max(id)) FROM {table.name}"))


def made_at(url: URL, revision: str) -> URL:
    """Bring a fresh database to REVISION (or to a place, "0016,0017") and put rows into it."""
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
            name: _schema(inspector, name)
            | {"indexes": _indexes(connection, name), "let in": _let_in(connection, inspector, name)}
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
                "default" if column["default"] is not None or column["name"] == "id" else "no default",
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
    }  # fmt: skip


# The statement of every index that somebody made (not those that a key or a UNIQUE rule has).
INDEXES = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL",
    "postgresql": """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = CAST(:table AS regclass)
        AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)""",
}


def _indexes(connection: Connection, table: str) -> list[str]:
    """Names, columns, expressions, order and WHERE of the indexes, as both databases would write them."""
    statements = connection.scalars(sa.text(INDEXES[connection.dialect.name]), {"table": table})
    return sorted(_in_one_way(statement) for statement in statements)


def _in_one_way(statement: str) -> str:
    """PostgreSQL adds parentheses, the schema and "USING btree"; SQLite has no false."""
    plain = re.sub(r"[()\"]|\bpublic\.|\bUSING btree\b", " ", statement).replace("IS 0", "IS false")
    return re.sub(r"\s*(,|\s)\s*", r"\1", plain).strip().lower()


PROBES = {"priority": range(-1, 7), "estimate": range(-2, 3)}


def _let_in(connection: Connection, inspector: sa.Inspector, table: str) -> dict[str, list[int | None]]:
    """What the table's CHECKs let in; text and names differ, what they do must not."""
    columns = {column["name"] for column in inspector.get_columns(table)}
    return {
        column: [value for value in (None, *values) if _takes(connection, table, column, value)]
        for column, values in PROBES.items()
        if column in columns
    }


def _takes(connection: Connection, table: str, column: str, value: int | None) -> bool:
    insert = sa.text(f"INSERT INTO {table} (id, title, {column}) VALUES (-1, 'probe', :value)")
    with connection.begin_nested() as probe:
        try:
            connection.execute(insert, {"value": value})
        except sa.exc.IntegrityError:
            return False
        finally:
            probe.rollback()
    return True


def rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    """All rows in the order of their keys, the same values on every database."""
    inspector = sa.inspect(connection)
    columns = [sa.column(found["name"], found["type"]) for found in inspector.get_columns(table)]
    key = map(sa.column, inspector.get_pk_constraint(table)["constrained_columns"])
    result = connection.execute(sa.select(*columns).select_from(sa.table(table)).order_by(*key))
    return [{name: _plain(stored) for name, stored in row.items()} for row in result.mappings()]


def _plain(stored: Any) -> Any:
    if not isinstance(stored, datetime):
        return stored
    moment = stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
    # What a default filled in while the test ran; no two runs agree on the second.
    return "just now" if abs(datetime.now(UTC) - moment) < timedelta(minutes=15) else moment
