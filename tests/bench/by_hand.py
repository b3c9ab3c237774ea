"""The history 0001 to 0019 once more, as the best SQL that one would write by hand for SQLite.

It ends in the same schema and the same rows as the revisions, by the recipe of SQLite's documentation
("Making Other Kinds Of Table Schema Changes"): foreign keys off, one transaction, at most one copy of
a table for each revision, `foreign_key_check` before the commit where a table was copied, and no
`writable_schema`. Where there are two ways (drop three columns, or copy the table once), the faster
one stands here. What the revisions do beyond that, such as counting what a downgrade loses, is not done.

SQL cannot fold a word. Both ways do it in Python, by the same rules, once for each spelling: here as two
functions that the SQL calls, with everything else left to SQLite.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from taskmaster.spelling import fold, tidy

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

_TASK_0013 = _TASK.format(title="title") + ", done BOOLEAN DEFAULT 0 NOT NULL, due_on DATE" + _CREATED
_TASK_0013 += _OWNER + _PRIORITY + _KEY + _OWNER_KEY + "SET NULL" + _RANGE.format(highest=4)
_TASK_0013_COLUMNS = "id, title, done, due_on, created_at, owner_id, priority"
_RETIRED = """CREATE TABLE retired_category (task_id INTEGER NOT NULL, category VARCHAR NOT NULL,
    PRIMARY KEY (task_id), CONSTRAINT fk_retired_category_task_id_tasks FOREIGN KEY (task_id)
    REFERENCES tasks (id) ON DELETE CASCADE)"""
_MAKE_TAGS = (
    """CREATE TEMPORARY TABLE spelling (
           category PRIMARY KEY, name, folded, number, first_id) WITHOUT ROWID""",
    """INSERT INTO spelling SELECT category, tidy(category), fold(category), count(*), min(id)
       FROM tasks WHERE category IS NOT NULL GROUP BY category""",
    "DELETE FROM spelling WHERE folded = ''",
    """INSERT INTO tags (name, folded)
       SELECT name, folded FROM (
           SELECT name, folded, min(min(first_id)) OVER (PARTITION BY folded) AS first_of_all,
                  row_number() OVER (PARTITION BY folded ORDER BY sum(number) DESC, min(first_id)) AS place
           FROM spelling GROUP BY folded, name)
       WHERE place = 1 AND folded NOT IN (SELECT folded FROM tags) ORDER BY first_of_all""",
    """INSERT OR IGNORE INTO task_tags (task_id, tag_id)
       SELECT tasks.id, tags.id FROM tasks CROSS JOIN spelling USING (category) JOIN tags USING (folded)""",
    "DROP TABLE spelling",
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
    "0011": Step(
        up=(
            """CREATE TABLE tags (id INTEGER NOT NULL, name VARCHAR NOT NULL, folded VARCHAR NOT NULL,
               PRIMARY KEY (id), CONSTRAINT uq_tags_folded UNIQUE (folded))""",
            """CREATE TABLE task_tags (task_id INTEGER NOT NULL, tag_id INTEGER NOT NULL,
               PRIMARY KEY (task_id, tag_id),
               CONSTRAINT fk_task_tags_task_id_tasks FOREIGN KEY (task_id)
               REFERENCES tasks (id) ON DELETE CASCADE,
               CONSTRAINT fk_task_tags_tag_id_tags FOREIGN KEY (tag_id)
               REFERENCES tags (id) ON DELETE CASCADE)""",
            "CREATE INDEX ix_task_tags_tag_id ON task_tags (tag_id)",
        ),
        down=("DROP TABLE task_tags", "DROP TABLE tags"),
        up_kind="instant",
        down_kind="frees",
    ),
    "0012": Step(up=_MAKE_TAGS, down=(), up_kind="writes tags", down_kind="nothing"),
    "0013": Step(
        up=(
            *_MAKE_TAGS,
            _RETIRED,
            "INSERT INTO retired_category SELECT id, category FROM tasks WHERE category IS NOT NULL",
            "ALTER TABLE tasks DROP COLUMN category",
        ),
        down=(
            "ALTER TABLE tasks ADD COLUMN category VARCHAR",
            """UPDATE tasks SET category = retired_category.category FROM retired_category
               WHERE retired_category.task_id = tasks.id""",
            "DROP TABLE retired_category",
        ),
        up_kind="tags, rewrites",
        down_kind="writes rows",
    ),
    "0014": Step(up=("DROP TABLE retired_category",), down=(_RETIRED,), up_kind="frees", down_kind="instant"),
    "0015": Step(
        up=(
            """CREATE TABLE profiles (id INTEGER NOT NULL, full_name VARCHAR, about TEXT,
               user_id INTEGER NOT NULL, created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
               PRIMARY KEY (id), CONSTRAINT uq_profiles_user_id UNIQUE (user_id),
               CONSTRAINT fk_profiles_user_id_users FOREIGN KEY (user_id)
               REFERENCES users (id) ON DELETE CASCADE)""",
        ),
        down=("DROP TABLE profiles",),
        up_kind="instant",
        down_kind="frees",
    ),
    "0016": Step(
        up=(
            "ALTER TABLE tasks ADD COLUMN estimate INTEGER"
            " CONSTRAINT ck_tasks_estimate_positive CHECK (estimate > 0)",
        ),
        down=("ALTER TABLE tasks DROP COLUMN estimate",),
        up_kind="scans",
        down_kind="rewrites",
    ),
    "0017": Step(
        up=("ALTER TABLE tasks ADD COLUMN notes TEXT",),
        down=("ALTER TABLE tasks DROP COLUMN notes",),
        up_kind="instant",
        down_kind="rewrites",
    ),
    "0018": Step(up=(), down=(), up_kind="nothing", down_kind="nothing"),
    "0019": Step(
        up=(
            "CREATE INDEX ix_tasks_open ON tasks (priority DESC, due_on IS NULL, due_on, id) WHERE done IS 0",
        ),
        down=("DROP INDEX ix_tasks_open",),
        up_kind="indexes",
        down_kind="frees",
    ),
}
REVISIONS = list(STEPS)
# Two revisions have one parent, and after the second the database is at both.
HEADS = {revision: (revision,) for revision in ["base", *REVISIONS]} | {"0017": ("0016", "0017")}
HEADS["base"] = ()


def move(path: Path, target: str, factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
    """Bring the SQLite file at PATH to the revision TARGET ("base" is before the first), in one transaction.

    Raises sqlite3.IntegrityError when a row would point to nothing; nothing is changed then.
    """
    connection = sqlite3.connect(path, isolation_level=None, factory=factory)
    try:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("BEGIN IMMEDIATE")
        connection.create_function("fold", 1, fold, deterministic=True)
        connection.create_function("tidy", 1, tidy, deterministic=True)
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
    found = connection.execute("SELECT version_num FROM alembic_version ORDER BY 1").fetchall()
    return next(revision for revision, heads in HEADS.items() if [*zip(heads)] == found)


def _statements(present: str, target: str) -> Iterator[str]:
    """What leads from one revision to the other, the last being the one that says so."""
    chain = ["base", *REVISIONS]
    here, there = chain.index(present), chain.index(target)
    for revision in chain[here + 1 : there + 1]:
        yield from STEPS[revision].up
    for revision in reversed(chain[there + 1 : here + 1]):
        yield from STEPS[revision].down
    yield "DELETE FROM alembic_version"
    for head in HEADS[target]:
        yield f"INSERT INTO alembic_version VALUES ('{head}')"
