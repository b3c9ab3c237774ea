"""The history 0001 to 0010 once more, as the best SQL that one would write by hand for SQLite.

It ends in the same schema and the same rows as the revisions, by the recipe of SQLite's documentation
("Making Other Kinds Of Table Schema Changes"): foreign keys off, one transaction, at most one copy of
a table for each revision, `foreign_key_check` before the commit where a table was copied, and no
`writable_schema`. Where there are two ways (drop three columns, or copy the table once), the faster
one stands here. What the revisions do beyond that, such as counting what a downgrade loses, is not done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECK = "PRAGMA foreign_key_check"


@dataclass(frozen=True)
class Step:
    """One revision: its statements in each direction, and what kind of work they are."""

    up: tuple[str, ...]
    down: tuple[str, ...]
    up_kind: str
    down_kind: str


def _copy(table: str, definition: str, columns: str, selected: str | None = None) -> tuple[str, ...]:
    """Put TABLE into a new table that is made as DEFINITION says; a copied table is checked."""
    return (
        f"CREATE TABLE new_{table} ({definition})",
        f"INSERT INTO new_{table} ({columns}) SELECT {selected or columns} FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE new_{table} RENAME TO {table}",
        CHECK,
    )


_TASK = "id INTEGER NOT NULL, {title} VARCHAR NOT NULL"
_DONE = ", done BOOLEAN DEFAULT 0 NOT NULL, due_on DATE, category VARCHAR"
_CREATED = ", created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL"
_KEY = ", PRIMARY KEY (id)"
_TASK_0003 = _TASK.format(title="name") + _DONE + _CREATED + _KEY
_TASK_0006 = _TASK.format(title="title") + _DONE + _CREATED + _KEY
_OWNER = ", owner_id INTEGER"
_PRIORITY = ", priority INTEGER DEFAULT 2 NOT NULL"
_OWNER_KEY = ", CONSTRAINT fk_tasks_owner_id_users FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE "
_RANGE = ", CONSTRAINT ck_tasks_priority_range CHECK (priority BETWEEN 1 AND {highest})"
_TASK_COLUMNS = "id, title, done, due_on, category, created_at"
_TASK_0007 = _TASK.format(title="title") + _DONE + _CREATED + _OWNER + _KEY + _OWNER_KEY + "CASCADE"

_USER = "id INTEGER NOT NULL, username VARCHAR NOT NULL, email VARCHAR" + _CREATED + _KEY
_USER_0008 = _USER + ", CONSTRAINT uq_users_username UNIQUE (username)"
_USER_COLUMNS = "id, username, email, created_at"


def _task_0009(highest: int, ondelete: str) -> str:
    columns = _TASK.format(title="title") + _DONE + _CREATED + _OWNER + _PRIORITY
    return columns + _KEY + _OWNER_KEY + ondelete + _RANGE.format(highest=highest)


_STEM = "rtrim(username, '0123456789')"
_MERGE = (
    f"""CREATE TEMPORARY TABLE doubles AS
       WITH shared AS (
           SELECT id, username, created_at, coalesce(email, first_value(email) OVER (
               PARTITION BY username ORDER BY email IS NULL, id)) AS email
           FROM users
           WHERE username IN (SELECT username FROM users GROUP BY username HAVING count(*) > 1)
       ), people AS (
           SELECT id, username, email, min(id) OVER person AS kept, min(created_at) OVER person AS created_at
           FROM shared WINDOW person AS (PARTITION BY username, email)
       ), places AS (
           SELECT *, dense_rank() OVER (PARTITION BY username ORDER BY kept) AS place FROM people
       ), taken AS (
           SELECT {_STEM} AS stem, max(CAST(substr(username, length({_STEM}) + 1) AS INTEGER)) AS number
           FROM users WHERE {_STEM} IN (SELECT username || '-' FROM shared) AND username GLOB '*-[1-9]*'
           GROUP BY 1
       )
       SELECT id, kept, email, created_at,
              CASE place WHEN 1 THEN username ELSE username || '-' || (place - 1 + coalesce(number, 1)) END
              AS username
       FROM places LEFT JOIN taken ON stem = username || '-'""",
    "CREATE UNIQUE INDEX doubles_id ON doubles (id)",
    "DELETE FROM users WHERE id IN (SELECT id FROM doubles WHERE id <> kept)",
    """UPDATE tasks SET owner_id = (SELECT kept FROM doubles WHERE doubles.id = owner_id)
       WHERE owner_id IN (SELECT id FROM doubles WHERE id <> kept)""",
    """UPDATE users SET (username, email, created_at) = (
           SELECT username, email, created_at FROM doubles WHERE doubles.id = users.id)
       WHERE id IN (SELECT id FROM doubles)""",
    "DROP TABLE doubles",
)

STEPS = {
    "0001": Step(
        up=("CREATE TABLE todo (id INTEGER NOT NULL, name VARCHAR NOT NULL, PRIMARY KEY (id))",),
        down=("DROP TABLE todo",),
        up_kind="instant",
        down_kind="frees",
    ),
    "0002": Step(
        up=(
            "ALTER TABLE todo ADD COLUMN done BOOLEAN DEFAULT 0 NOT NULL",
            "ALTER TABLE todo ADD COLUMN due_on DATE",
            "ALTER TABLE todo ADD COLUMN category VARCHAR",
        ),
        down=_copy("todo", _TASK.format(title="name") + _KEY, "id, name"),
        up_kind="instant",
        down_kind="copies",
    ),
    "0003": Step(
        up=_copy("todo", _TASK_0003, "id, name, done, due_on, category"),
        down=("ALTER TABLE todo DROP COLUMN created_at",),
        up_kind="copies",
        down_kind="rewrites",
    ),
    "0004": Step(
        up=("ALTER TABLE todo RENAME COLUMN name TO title",),
        down=("ALTER TABLE todo RENAME COLUMN title TO name",),
        up_kind="instant",
        down_kind="instant",
    ),
    "0005": Step(
        up=("ALTER TABLE todo RENAME TO tasks",),
        down=("ALTER TABLE tasks RENAME TO todo",),
        up_kind="instant",
        down_kind="instant",
    ),
    "0006": Step(
        up=(f"CREATE TABLE users ({_USER})",),
        down=("DROP TABLE users",),
        up_kind="instant",
        down_kind="frees",
    ),
    "0007": Step(
        up=_copy("tasks", _TASK_0007, _TASK_COLUMNS),
        down=_copy("tasks", _TASK_0006, _TASK_COLUMNS),
        up_kind="copies",
        down_kind="copies",
    ),
    "0008": Step(
        up=_MERGE + _copy("users", _USER_0008, _USER_COLUMNS),
        down=_copy("users", _USER, _USER_COLUMNS),
        up_kind="copies users",
        down_kind="copies users",
    ),
    "0009": Step(
        up=(
            "ALTER TABLE tasks ADD COLUMN priority INTEGER DEFAULT 2 NOT NULL"
            " CONSTRAINT ck_tasks_priority_range CHECK (priority BETWEEN 1 AND 3)",
        ),
        down=_copy("tasks", _TASK_0007, _TASK_COLUMNS + ", owner_id"),
        up_kind="scans",
        down_kind="copies",
    ),
    "0010": Step(
        up=_copy("tasks", _task_0009(4, "SET NULL"), _TASK_COLUMNS + ", owner_id, priority"),
        down=_copy(
            "tasks",
            _task_0009(3, "CASCADE"),
            _TASK_COLUMNS + ", owner_id, priority",
            _TASK_COLUMNS + ", owner_id, min(priority, 3)",
        ),
        up_kind="copies",
        down_kind="copies",
    ),
}
REVISIONS = list(STEPS)


def move(path: Path, target: str, factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
    """Bring the SQLite file at PATH to the revision TARGET ("base" is before the first), in one transaction.

    Raises sqlite3.IntegrityError when a row would point to nothing; nothing is changed then.
    """
    connection = sqlite3.connect(path, isolation_level=None, factory=factory)
    try:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _statements(_present(connection), target):
            if connection.execute(statement).fetchone() and statement == CHECK:
                raise sqlite3.IntegrityError("a row would point to nothing")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _present(connection: sqlite3.Connection) -> str:
    """The revision that the database is at."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        connection.execute(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
            " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return found[0] if found else "base"


def _statements(present: str, target: str) -> Iterator[str]:
    """What leads from one revision to the other, the last being the one that says so."""
    chain = ["base", *REVISIONS]
    here, there = chain.index(present), chain.index(target)
    for revision in chain[here + 1 : there + 1]:
        yield from STEPS[revision].up
    for revision in reversed(chain[there + 1 : here + 1]):
        yield from STEPS[revision].down
    yield "DELETE FROM alembic_version"
    if target != "base":
        yield f"INSERT INTO alembic_version VALUES ('{target}')"
