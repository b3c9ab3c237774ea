"""What makes a migration on SQLite all or nothing, and batch mode lossless.

Alembic's stock environment loses data on SQLite in ways that no message tells. Each guard here names
the loss it prevents:

- `guard`: half of a migration stays behind when the other half fails; children of a rebuilt table
  are deleted by ON DELETE CASCADE; two upgrades at once both run.
- `verify`: rows that point to nothing; a batch table left over; views that name what is gone.
- `SafeSQLiteImpl`: what the copy of a table silently leaves out.
"""

import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations.batch import ApplyBatchImpl
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import URL, CheckConstraint, Connection, Constraint, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import AddConstraint, CreateTable

WAIT = 60  # seconds that a second migration waits for the first


@contextmanager
def guard(context: MigrationContext) -> Iterator[None]:
    """Make the whole command one transaction that nobody else can come into, and commit it at the end.

    Prevents:
    - a half-applied migration. Python's sqlite3 begins its transaction only at the first INSERT, UPDATE
      or DELETE, so CREATE and ALTER before it are committed at once; here BEGIN comes first.
    - deleted children. While a table is rebuilt its old copy is dropped, and with foreign keys on DROP
      TABLE acts as DELETE: ON DELETE CASCADE then empties every table below. `PRAGMA foreign_keys=OFF`
      does nothing inside a transaction, so it goes before BEGIN.
    - a revision applied twice. BEGIN IMMEDIATE takes the write lock before Alembic reads where the
      database is; a second upgrade waits, then finds nothing left to do.
    - a revision that ends the transaction by itself (`executescript`, a COMMIT): it is refused.

    Where the caller's own transaction is open, that one is used, and left to the caller to end.
    Raises CommandError when it cannot begin (somebody holds the lock for WAIT seconds, a read-only file,
    a transaction of the caller with foreign keys on, too late to turn them off), or when the context was
    configured without OPTIONS, the other half of the guard.
    """
    connection = context.connection
    assert connection is not None
    if not context.impl.transactional_ddl or verify not in context.on_version_apply_callbacks:
        raise CommandError(
            "the guard is half installed: pass **sqlite_safety.OPTIONS to context.configure in env.py"
        )
    context.impl.__class__ = SafeSQLiteImpl
    if connection.in_transaction():
        with _inside(connection):
            yield
        return
    driver: Any = connection.connection.dbapi_connection
    keys_were, wait_was = _pragma(driver, "foreign_keys"), _pragma(driver, "busy_timeout")
    isolation_level, driver.isolation_level = driver.isolation_level, None
    try:
        _pragma(driver, f"busy_timeout={WAIT * 1000:.0f}")
        _pragma(driver, "foreign_keys=OFF")
        connection.begin()
        _begin(connection, "BEGIN" if context.opts.get("dont_mutate", False) else "BEGIN IMMEDIATE")
        with _watched(connection):
            yield
        connection.commit()
    finally:
        connection.rollback()
        driver.isolation_level = isolation_level
        _pragma(driver, f"foreign_keys={keys_were}")
        _pragma(driver, f"busy_timeout={wait_was}")


@contextmanager
def _inside(connection: Connection) -> Iterator[None]:
    """The guard inside a transaction of the caller's."""
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise CommandError(
            "this connection is inside a transaction with foreign keys on: "
            "a rebuilt table would delete its children"
        )
    if not _driver(connection).in_transaction:  # SQLAlchemy thinks so; sqlite3 has not begun yet
        _begin(connection, "BEGIN IMMEDIATE")
    with _watched(connection):
        yield


def _begin(connection: Connection, statement: str) -> None:
    """Begin for real, in place of whatever the engine's own hook may have begun."""
    if _driver(connection).in_transaction:
        connection.exec_driver_sql("ROLLBACK")
    try:
        connection.exec_driver_sql(statement)
        connection.exec_driver_sql("PRAGMA schema_version")  # looks into the file: is it a database?
    except DBAPIError as error:
        if "locked" in str(error.orig):
            raise CommandError(
                f"another migration or program has held the database for {WAIT} seconds; try again later"
            ) from error
        raise CommandError(f"the migration cannot begin: {error.orig}") from error


@contextmanager
def _watched(connection: Connection) -> Iterator[None]:
    """Let SQLite ask before each statement, so that nothing runs outside of the transaction."""
    driver = _driver(connection)
    watch = connection.info["watch"] = _Watch(driver, driver.total_changes)
    outside = sys.exc_info()[1]
    _authorize(connection, watch)
    try:
        yield
    except Exception as error:
        watch.look_for_the_transaction()
        first = _first_error(error, outside)
        if watch.refused:
            raise CommandError(f"{watch.refused}; nothing was changed (first error: {first})") from error
        if "attempt to write a readonly database" in str(first):
            raise CommandError("the database may only be read; nothing was changed") from error
        raise
    finally:
        _authorize(connection, None)
        del connection.info["watch"]


def _first_error(error: BaseException, outside: BaseException | None) -> BaseException:
    """The error that came first, since tidying up after it may have failed too; none from OUTSIDE."""
    while error.__context__ and error.__context__ is not outside:
        error = error.__context__
    return error


@dataclass
class _Watch:
    """What the present revision does that Alembic does not know of."""

    driver: Any
    changes: int  # rows written on this connection before the revision
    dropped: set[str] = field(default_factory=set)
    refused: str = ""

    def __call__(self, action: int, subject: str | None, *_: object) -> int:
        """SQLite's question whether a statement may do ACTION.

        Two are refused. COMMIT, BEGIN and ROLLBACK are not a revision's to say. And when the disk is full
        or a statement is interrupted, SQLite rolls everything back by itself; whatever a revision (or
        Alembic, tidying up) still sends would be committed at once, on its own.
        """
        if action == sqlite3.SQLITE_DROP_TABLE:
            self.dropped.add(str(subject).lower())
        if action == sqlite3.SQLITE_TRANSACTION:
            self.refused = f"a revision may not {subject}: the whole migration is one transaction"
        self.look_for_the_transaction()
        return sqlite3.SQLITE_DENY if self.refused else sqlite3.SQLITE_OK

    def look_for_the_transaction(self) -> None:
        if not self.driver.in_transaction:
            self.refused = "SQLite has rolled the whole migration back"


@contextmanager
def script(context: MigrationContext) -> Iterator[None]:
    """The same promise for a script (`--sql`), as far as a script can keep it.

    Foreign keys are on afterwards, as the app has them.
    """
    context.impl.static_output("-- For SQLite: run this with `sqlite3 -bail`, which stops at an error.")
    context.impl.static_output("PRAGMA foreign_keys=OFF;")
    yield
    context.impl.static_output("PRAGMA foreign_key_check;")
    context.impl.static_output("PRAGMA foreign_keys=ON;")


def verify(ctx: MigrationContext, step: Any, **_: Any) -> None:
    """After each revision, before the commit: raising here undoes all of it.

    Prevents:
    - `_alembic_tmp_` tables that stay behind.
    - rows that point to a row that is not there, since ON DELETE and the check at each statement rest
      while foreign keys are off. Checking reads every child row, so it is left out where the revision
      wrote no row and dropped no table that another one points to.
    - views and triggers that name what is gone; SQLite would tell only when somebody uses them.

    Outside of `guard` it raises too; there the driver may have committed a part already.
    """
    if ctx.as_sql:
        return
    connection = ctx.connection
    assert connection is not None
    run = connection.exec_driver_sql
    watch: _Watch | None = connection.info.get("watch")
    if watch is None:
        raise CommandError(
            "the guard is half installed: in env.py, put context.run_migrations() inside "
            "`with sqlite_safety.guard(context.get_context()):`. "
            f"Without it, a part of revision {step.up_revision_id} may have stayed in the database"
        )
    for left_over in run("SELECT name FROM sqlite_master WHERE name LIKE '!_alembic!_tmp!_%' ESCAPE '!'"):
        raise CommandError(f"revision {step.up_revision_id} would leave {left_over[0]} behind")
    changes = _driver(connection).total_changes
    # One row is Alembic's own, the revision.
    if changes - watch.changes > 1 or watch.dropped & _parents(connection):
        for table, row, parent, _key in run("PRAGMA foreign_key_check").fetchmany(1):
            raise CommandError(
                f"after revision {step.up_revision_id}, "
                f"row {row} of {table} would point to nothing in {parent}"
            )
    # Renaming a column to its own name makes SQLite read every view and trigger again.
    run(f"ALTER TABLE {ctx.version_table} RENAME COLUMN version_num TO version_num")
    watch.changes, watch.dropped = changes, set()


def _parents(connection: Connection) -> set[str]:
    """The names, in small letters, of all tables that a foreign key points to, whether they exist or not."""
    keys = "sqlite_master AS t JOIN pragma_foreign_key_list(t.name) AS k"
    found = connection.exec_driver_sql(f"SELECT DISTINCT k.\"table\" FROM {keys} WHERE t.type = 'table'")
    return {name.lower() for name in found.scalars()}


OPTIONS: dict[str, Any] = {
    "render_as_batch": True,  # autogenerate writes batch mode, which alters in place elsewhere
    "transactional_ddl": True,
    "on_version_apply": verify,
}


def url_to_read(url: URL) -> URL:
    """The URL for a command that only reads: where there is no file, none is made by looking."""
    database = url.database or ":memory:"
    if url.get_backend_name() != "sqlite" or database.startswith((":memory:", "file:")):
        return url
    if Path(database).exists():
        return url
    in_memory = url.set(database=f"file:{quote(database)}")
    return in_memory.update_query_dict({"mode": "memory", "uri": "true"})


# Words of a CREATE TABLE that reflection does not bring back, so that a copy is made without them.
RULES = ("UNIQUE", "REFERENCES", "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "COLLATE",
         "AUTOINCREMENT", "ON CONFLICT", "DEFERRABLE", "CHECK")  # fmt: skip


class SafeSQLiteImpl(SQLiteImpl):
    """Alembic's SQLite, with a batch mode that keeps or refuses what the stock one drops silently.

    `guard` puts it in place, for the one command. It has no `__dialect__` of its own: with one it would
    replace Alembic's for the whole process, and a notebook runs other people's projects too.
    """

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        """Just before the copy is created: refuse what it would lose, remember what DROP TABLE takes along.

        Prevents the loss of an inline key's ON DELETE, an inline UNIQUE, a CHECK without a name,
        AUTOINCREMENT, COLLATE and ON CONFLICT (refused, with the way to restate them), and of triggers and
        of indexes on expressions or with DESC or COLLATE (made again after the copy). A generated column
        is generated again: stock Alembic tries to write into it.
        """
        if self.as_sql:
            return
        assert self.connection is not None
        made = self.connection.exec_driver_sql(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL",
            (table.name,),
        ).all()
        if batch_impl.reflected:
            _refuse_losses(batch_impl, table, next(sql for kind, _, sql in made if kind == "table"), self)
        for name, column in batch_impl.columns.items():
            if column.computed is not None:
                batch_impl.column_transfers[name].pop("expr", None)
        self._to_make_again = []
        reflected = {index.name for index in table.indexes}
        for kind, name, sql in made:
            ordered = name in batch_impl.indexes and _count("DESC|COLLATE", sql)
            if ordered:
                del batch_impl.indexes[name]
            if kind == "trigger" or (kind == "index" and (ordered or name not in reflected)):
                self._to_make_again.append(sql)

    def rename_table(self, old_table_name: str, new_table_name: Any, schema: Any = None) -> None:
        """Put the copy in the old table's place, then make again what DROP TABLE took along.

        `legacy_alter_table` lets a view name the table that is missing for this one moment; without it
        the rename is refused and the whole migration with it.
        """
        if self.as_sql or not old_table_name.startswith("_alembic_tmp_"):
            super().rename_table(old_table_name, new_table_name, schema)
            return
        assert self.connection is not None
        self.connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        super().rename_table(old_table_name, new_table_name, schema)
        self.connection.exec_driver_sql("PRAGMA legacy_alter_table=OFF")
        for sql in self._to_make_again:
            self.connection.exec_driver_sql(sql)


def _refuse_losses(batch_impl: ApplyBatchImpl, table: Table, made: str, impl: SQLiteImpl) -> None:
    """Compare the table's own SQL with what reflection understood and what the author restated."""
    understood = str(CreateTable(table).compile(dialect=impl.dialect))
    for restated in batch_impl.table_args:
        if isinstance(restated, Constraint):
            understood += str(AddConstraint(restated, isolate_from_table=False).compile(dialect=impl.dialect))
    if batch_impl.table_kwargs.get("sqlite_autoincrement"):
        understood += " AUTOINCREMENT"
    lost = [rule for rule in RULES if _count(rule, made) > _count(rule, understood)]
    if _nameless_checks(table.constraints) > _nameless_checks(batch_impl.table_args, restated=True):
        lost.append("CHECK without a name")
    if any(column.computed is not None and not str(column.computed.sqltext) for column in table.columns):
        lost.append("AS without GENERATED ALWAYS")
    if lost:
        raise CommandError(
            f"batch_alter_table({table.name!r}) would silently lose: {', '.join(lost)}. "
            "Restate it with table_args=, reflect_args= or table_kwargs=, or give copy_from="
        )


def _nameless_checks(constraints: Iterable[Any], *, restated: bool = False) -> int:
    """How many CHECKs have no name, or, among those that were restated, have one by now."""
    checks = [each for each in constraints if isinstance(each, CheckConstraint)]
    return len([check for check in checks if restated or not check.name])


def _count(rule: str, sql: str) -> int:
    words = rule.replace(" ", r"\s+")
    return len(re.findall(rf"\b(?:{words})\b", _without_text(sql), re.IGNORECASE))


def _without_text(sql: str) -> str:
    """SQL without its strings and comments, in which any word may stand."""
    return re.sub(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL)


def _driver(connection: Connection) -> Any:
    """The sqlite3 connection (or aiosqlite's, which has the same attributes)."""
    return connection.connection.driver_connection


def _authorize(connection: Connection, question: _Watch | None) -> None:
    """Set or remove what SQLite asks before each statement; an async driver has to be waited for."""
    adapter: Any = connection.connection.dbapi_connection
    if connection.dialect.is_async:
        adapter.run_async(lambda driver: driver.set_authorizer(question))
    else:
        adapter.set_authorizer(question)


def _pragma(driver: Any, pragma: str) -> Any:
    """Run a PRAGMA below SQLAlchemy, which would begin a transaction for it."""
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA {pragma}")
    row = cursor.fetchone()
    cursor.close()
    return row[0] if row else None
