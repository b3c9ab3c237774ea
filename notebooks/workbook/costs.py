"""What a change of the schema costs, told by what it did and not by a clock.

A change runs on the same table at three sizes, and each run is read in three ways: how many steps SQLite's
machine took, which pages of the file are others afterwards, and how many rows went into a copy of the table.
How these grow from size to size is what the change costs. The counts differ a little between versions of
SQLite; whether they grow does not. (Before 3.37 an added column brings its CHECK unasked, without a look at
the rows.) What no step is counted for stays unseen: that DROP TABLE has to visit every page it frees.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, event
from sqlalchemy.pool import NullPool

PAGE = 4096
STRIDE = 10  # after so many steps SQLite reports; fewer would only be slower
ROWS = 10_000  # of the largest size; the others are a tenth and a hundredth of it
FEWEST, MOST = 10_000, 10_000_000

INSTANT, SCANS, REWRITES, COPIES = "instant", "scans", "rewrites", "copies the table"


@dataclass(frozen=True)
class Reading:
    """One run on a table of ROWS rows, which filled PAGES pages.

    CHANGED are the pages that were there before and hold something else now, ADDED those that came behind
    them; COPIED are the rows that went into a copy of the table, INSERTED those that went anywhere else,
    UPDATED those that an UPDATE or a DELETE named.
    """

    rows: int
    pages: int
    steps: int
    changed: int
    added: int
    copied: int
    inserted: int
    updated: int
    seconds: float


@dataclass(frozen=True)
class Cost:
    """What the readings at several sizes, the smallest first, say together."""

    name: str
    readings: tuple[Reading, ...]

    @property
    def reads(self) -> bool:
        """Whether it goes through the rows: each row more takes at least one step more."""
        return self._more("steps") >= self._more("rows")

    @property
    def rewrites(self) -> bool:
        """Whether it writes the table's own rows again: its pages change, the more the larger it is.

        Where it copies the table, only statements count: pages that a copy sets free are used again.
        """
        if 2 * self._more("updated") >= self._more("rows"):
            return True
        return not self.copies and 2 * self._more("changed") >= self._more("pages")

    @property
    def copies(self) -> int:
        """How many times it copies the whole table."""
        return round(self.readings[-1].copied / self.readings[-1].rows)

    @property
    def adds_rows(self) -> bool:
        """Whether it inserts rows, as many more as the table has more."""
        return 10 * self._more("inserted") >= self._more("rows")

    @property
    def adds_pages(self) -> bool:
        """Whether the file grows along with the table though no row came: by an index."""
        return self._more("added") > 1 and not self.copies and not self.adds_rows

    @property
    def kind(self) -> str:
        """The class: INSTANT, SCANS, REWRITES or COPIES, the dearest of what it does."""
        if self.copies:
            return COPIES
        if self.rewrites or self.adds_rows:
            return REWRITES
        return SCANS if self.reads or self.adds_pages else INSTANT

    @property
    def growth(self) -> tuple[int, ...]:
        """The work at each size, in powers of ten of the work at the smallest: `(1, 10, 100)`."""
        first = self.readings[0].steps
        return tuple(10 ** max(0, round(log10(reading.steps / first))) for reading in self.readings)

    def _more(self, what: str) -> int:
        return int(getattr(self.readings[-1], what)) - int(getattr(self.readings[0], what))


@dataclass
class _Meter:
    """Counts while it is on."""

    ticks: int = 0
    copied: int = 0
    inserted: int = 0
    updated: int = 0
    changes: int = 0  # that the connection had made before the statement that runs now

    def tick(self) -> int:
        """SQLite calls this after each STRIDE steps; 0 lets it go on."""
        self.ticks += 1
        return 0

    def listen(self, connection: Any, _record: Any) -> None:
        """Begin to count on a connection, which may be fast and forget what it deletes."""
        driver = getattr(connection, "driver_connection", connection)
        if isinstance(driver, sqlite3.Connection):
            # Some builds overwrite what they free, which would look like written rows
            for pragma in ("synchronous=OFF", "secure_delete=OFF"):
                driver.execute(f"PRAGMA {pragma}")
            driver.set_progress_handler(self.tick, STRIDE)

    def before(self, _connection: Any, cursor: Any, *_: Any) -> None:
        self.changes = cursor.connection.total_changes

    def after(self, _connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        rows = cursor.connection.total_changes - self.changes
        verb = statement.lstrip()[:6].upper()
        if verb == "INSERT" and "_alembic_tmp_" in statement.split("SELECT")[0]:
            self.copied += rows
        elif verb == "INSERT":
            self.inserted += rows
        elif verb in ("UPDATE", "DELETE"):
            self.updated += rows


@contextmanager
def _metered() -> Iterator[_Meter]:
    """Count on every SQLite connection that SQLAlchemy opens while the body runs."""
    meter = _Meter()
    listeners: dict[str, Any] = {
        "connect": meter.listen,
        "before_cursor_execute": meter.before,
        "after_cursor_execute": meter.after,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield meter
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


def read(database: Path, rows: int, run: Callable[[], object]) -> Reading:
    """Call RUN, which changes the DATABASE and closes it, and tell what it did there."""
    before = database.read_bytes()
    start = time.perf_counter()
    with _metered() as meter:
        run()
    seconds = time.perf_counter() - start
    after = database.read_bytes()
    common = range(0, min(len(before), len(after)), PAGE)
    return Reading(
        rows=rows,
        pages=len(before) // PAGE,
        steps=(meter.ticks + 1) * STRIDE,
        changed=sum(before[at : at + PAGE] != after[at : at + PAGE] for at in common),
        added=max(0, len(after) - len(before)) // PAGE,
        copied=meter.copied,
        inserted=meter.inserted,
        updated=meter.updated,
        seconds=seconds,
    )


def sizes(rows: int) -> tuple[int, int, int]:
    """The three sizes of which ROWS is the largest."""
    return rows // 100, rows // 10, rows


# The kinds of operations

TABLES = """
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, username VARCHAR NOT NULL);
INSERT INTO users VALUES (1, 'ana');
CREATE TABLE tasks (
    id INTEGER NOT NULL PRIMARY KEY, title VARCHAR NOT NULL, done BOOLEAN DEFAULT 0 NOT NULL,
    due_on DATE, notes TEXT, owner_id INTEGER, priority INTEGER DEFAULT 2 NOT NULL);
"""
TASKS = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
INSERT INTO tasks SELECT n, 'Task number ' || n, n % 2, '2026-03-02', 'Some words on it', 1, 1 + n % 4
FROM numbers
"""

Change = Callable[[Any], object]


def _batch(*changes: Change, blocks: int = 1) -> Change:
    """The CHANGES in batch mode: all in one block, or in as many BLOCKS as there are changes."""

    def run(op: Any) -> None:
        for group in [changes] if blocks == 1 else [[change] for change in changes]:
            with op.batch_alter_table("tasks") as batch:
                for change in group:
                    change(batch)

    return run


def _column(*rules: Any, **options: Any) -> sa.Column[int]:
    return sa.Column("estimate", sa.Integer(), *rules, **options)


def _key(batch: Any) -> None:
    batch.create_foreign_key("fk_tasks_owner_id_users", "users", ["owner_id"], ["id"])


def _check(batch: Any) -> None:
    batch.create_check_constraint("ck_tasks_priority", "priority > 0")


def _unique(batch: Any) -> None:
    batch.create_unique_constraint("uq_tasks_title", ["title"])


def _type(batch: Any) -> None:
    batch.alter_column("title", type_=sa.Text())


def _required(batch: Any) -> None:
    batch.alter_column("due_on", existing_type=sa.Date(), nullable=False)


FOUR = (_key, _check, _type, _required)

# As one writes them in a revision, the cheap ones first.
KINDS: dict[str, Change] = {
    "op.add_column(…), may be NULL": lambda op: op.add_column("tasks", _column()),
    "op.add_column(…), NOT NULL, server_default": lambda op: op.add_column(
        "tasks", _column(nullable=False, server_default="0")
    ),
    "op.alter_column(…, new_column_name=…)": lambda op: op.alter_column(
        "tasks", "notes", new_column_name="note"
    ),
    "op.rename_table(…)": lambda op: op.rename_table("tasks", "jobs"),
    "op.add_column(…), with a CHECK": lambda op: op.add_column(
        "tasks", _column(sa.CheckConstraint("estimate > 0", name="ck_tasks_estimate"))
    ),
    "op.create_index(…)": lambda op: op.create_index("ix_tasks_title", "tasks", ["title"]),
    "op.create_index(…, unique=True)": lambda op: op.create_index(
        "ix_tasks_title", "tasks", ["title"], unique=True
    ),
    'op.execute("UPDATE tasks SET …")': lambda op: op.execute("UPDATE tasks SET priority = 5 - priority"),
    "op.drop_column(…)": lambda op: op.drop_column("tasks", "notes"),
    "batch.drop_column(…)": _batch(lambda batch: batch.drop_column("notes")),
    "batch.alter_column(…, new_column_name=…)": _batch(
        lambda batch: batch.alter_column("notes", new_column_name="note")
    ),
    "batch.alter_column(…, type_=…)": _batch(_type),
    "batch.create_unique_constraint(…)": _batch(_unique),
    "batch.create_check_constraint(…)": _batch(_check),
    "batch.create_foreign_key(…)": _batch(_key),
    "four of these, in one batch": _batch(*FOUR),
    "four of these, each in a batch of its own": _batch(*FOUR, blocks=4),
}

_known: dict[int, list[Cost]] = {}


def kinds(folder: Path, rows: int = ROWS) -> list[Cost]:
    """Measure every kind of operation up to a table of ROWS rows. FOLDER is for its files, none is left.

    What was measured once in this process is not measured again.
    """
    if rows not in _known:
        found: dict[str, list[Reading]] = {name: [] for name in KINDS}
        for size in sizes(rows):
            full = folder / "full.db"
            make(full, size)
            for name, change in KINDS.items():
                found[name].append(read_change(full, size, change))
            full.unlink()
        _known[rows] = [Cost(name, tuple(readings)) for name, readings in found.items()]
    return _known[rows]


def make(database: Path, rows: int) -> None:
    """Make a database with a table of so many ROWS."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute(f"PRAGMA page_size={PAGE}")
    connection.execute("PRAGMA synchronous=OFF")
    connection.executescript(TABLES)
    connection.execute(TASKS, (rows,))
    connection.close()


def read_change(full: Path, rows: int, change: Change) -> Reading:
    """Read what a change does to a database of `make`; that one stays as it is."""
    copy = full.with_name("run.db")
    shutil.copyfile(full, copy)
    try:
        return read(copy, rows, lambda: run(copy, change))
    finally:
        copy.unlink()


def run(database: Path, change: Change) -> None:
    """Run a change in one transaction, as a migration does."""
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=NullPool)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.isolation_level = None
        connection.exec_driver_sql("BEGIN")
        change(Operations(MigrationContext.configure(connection)))
        connection.exec_driver_sql("COMMIT")


# A table of one's own


def fill(database: Path, table: str, rows: int) -> None:
    """Repeat the rows of a table, or leave out the last, until there are ROWS of them.

    Raises sqlite3.DatabaseError when the table does not take a row twice, ValueError when it has none.
    """
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
        there: int = connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0]
        if not there:
            raise ValueError(f"{table} has no row that could be repeated")
        names = ", ".join(_quoted(column[1]) for column in columns if not column[5])
        connection.execute(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
            f"INSERT INTO {_quoted(table)} ({names}) SELECT {names} FROM numbers, {_quoted(table)} LIMIT ?",
            (rows // there + 1, max(0, rows - there)),
        )
        connection.execute(
            f"DELETE FROM {_quoted(table)} WHERE rowid IN "
            f"(SELECT rowid FROM {_quoted(table)} ORDER BY rowid LIMIT -1 OFFSET ?)",
            (rows,),
        )
        connection.execute("VACUUM")  # no page is free: what is added comes behind what is there
    finally:
        connection.close()


def largest(database: Path) -> str | None:
    """The table with the most rows of those that give their rows a number; None when there is none."""
    connection = sqlite3.connect(database)
    try:
        found = [
            (-connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0], name)
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if _has_number(connection, name)
        ]
    finally:
        connection.close()
    return min(found)[1] if found else None


def _has_number(connection: sqlite3.Connection, table: str) -> bool:
    columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    return [column[2].upper() for column in columns if column[5]] == ["INTEGER"]


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def in_words(numbers: Sequence[int]) -> str:
    """`100, 1,000 and 10,000`."""
    *first, last = (f"{number:,}" for number in numbers)
    return f"{', '.join(first)} and {last}"
