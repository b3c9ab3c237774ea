"""PostgreSQL databases for the tests of the app, at any revision: emptied after a test, and not made anew.

To make a database and remove it takes longer than most tests. So there is one a revision, and a trigger
notices who changes its tables: only then are they made anew, by the statements that made them first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.pool import QueuePool

from taskmaster import database, mapping
from tests.migrations import history
from tests.postgres import Server

Saved = tuple[dict[str, bytes], list[Any]]
NOTICE = """
    CREATE SCHEMA noticed;
    CREATE TABLE noticed.changes (what text);
    CREATE FUNCTION noticed.change() RETURNS event_trigger LANGUAGE plpgsql
        AS 'BEGIN INSERT INTO noticed.changes VALUES (tg_tag); END';
    CREATE EVENT TRIGGER noticed ON ddl_command_end EXECUTE FUNCTION noticed.change();
"""
ASK = "SELECT (SELECT count(*) FROM noticed.changes), string_agg(version_num, ' and ') FROM alembic_version"


class Database:
    """A database at a revision, without rows."""

    def __init__(self, server: Server, revision: str) -> None:
        self.url = server.new_database()
        self.making = self._make(revision)
        self.engines = {writing: self._engine(writing=writing) for writing in (False, True)}
        self._send(NOTICE)
        self.as_made = self._send(ASK)
        self.tables = self._tables()
        self.emptying = "; ".join(
            [
                "SET LOCAL session_replication_role = replica",  # no foreign key says what has to go first
                *(f"DELETE FROM {table}" for table in self.tables),
                "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences",
            ]
        )

    def _make(self, revision: str) -> str:
        """Bring the new database to REVISION; returns what does it again in one go, where nothing is."""
        engine, ddl = history.engine(self.url), []

        def note(*arguments: Any) -> None:
            if arguments[2].lstrip().startswith(("CREATE ", "ALTER ", "DROP ")):
                ddl.append(arguments[2])

        event.listen(engine, "before_cursor_execute", note)
        for target in ["0001"] if revision == "base" else revision.split(" and "):
            history.upgrade(engine, target)
        if revision == "base":
            history.downgrade(engine, "base")
        with engine.connect() as connection:
            heads = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
        arrived = [f"INSERT INTO alembic_version VALUES ('{head}')" for head in heads]
        return "; ".join(["DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *ddl, *arrived])

    def _engine(self, *, writing: bool) -> Engine:
        """The app's own engine, which keeps its connection from one command to the next."""
        return database.server_engine(
            self.url.render_as_string(hide_password=False),
            writing=writing,
            poolclass=QueuePool,
            connect_args={"prepare_threshold": None},  # what is prepared does not know that tables change
        )

    @contextmanager
    def _cursor(self) -> Iterator[psycopg.Cursor[Any]]:
        connection = self.engines[True].raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            yield cast("psycopg.Cursor[Any]", cursor)
            connection.commit()
        finally:
            connection.close()  # back to the pool

    def _send(self, statements: str) -> list[Any]:
        with self._cursor() as cursor:
            cursor.execute(statements)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def _tables(self) -> list[str]:
        rows = self._send(
            "SELECT format('%I', tablename) FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        return [table for (table,) in rows]

    def empty(self) -> bool:
        """Remove all rows, and whatever else was done to it; whether it is again as it was made."""
        try:
            if self._send(ASK) == self.as_made:
                self._send(self.emptying)
            else:
                self._send(self.making)
                self.as_made = self._send(ASK)  # the changes are counted on
        except psycopg.Error:
            return False
        return True

    def save(self) -> Saved:
        """All rows, and where the ids go on."""
        with self._cursor() as cursor:
            rows = {}
            for table in self._tables():
                with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                    rows[table] = b"".join(copy)
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
            return rows, cursor.fetchall()

    def load(self, saved: Saved) -> None:
        """Put back, into the empty tables, what `save` gave for a database of the same revision."""
        rows, sequences = saved
        with self._cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, lines in rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(lines)
            for name, last in sequences:
                cursor.execute("SELECT setval(format('%%I', %s::text)::regclass, %s)", (name, last))

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()


class Databases:
    """All of them on one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.kept: dict[str, Database] = {}
        self.seen: dict[tuple[Any, ...], Any] = {}

    def at(self, revision: str) -> Database:
        """An empty database that is there."""
        there = self.kept.get(revision)
        if there is None or not there.empty():
            if there is not None:
                there.close()
                self.server.drop(there.url)
            self.kept[revision] = Database(self.server, revision)
        return self.kept[revision]

    def of(self, url: URL | str) -> Database | None:
        """The one that this URL names."""
        asked = make_url(url)
        return next((kept for kept in self.kept.values() if kept.url == asked), None)

    def keep_connections(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the app, and what tests ask by themselves, keep connections to these databases, and remember
        what their tables are like until they change: most of what a command costs on a server.
        """
        engine, plain, reflect = database._engine, history.engine, mapping._reflect

        def of_the_app(url: str, *, writing: bool) -> Engine:
            there = self.of(url)
            return there.engines[writing] if there else engine(url, writing=writing)

        def of_a_test(url: URL | str) -> Engine:
            there = self.of(url)
            return there.engines[False] if there else plain(url)

        def tables(connection: Connection) -> Any:
            there = self.of(connection.engine.url)
            if there is None:
                return reflect(connection)
            asked = tuple(connection.exec_driver_sql(ASK).one())
            state = (there.url.database, *([] if [asked] == there.as_made else asked))
            if state not in self.seen:
                self.seen[state] = reflect(connection)
            return self.seen[state]

        monkeypatch.setattr(database, "_engine", of_the_app)
        monkeypatch.setattr(history, "engine", of_a_test)
        monkeypatch.setattr(mapping, "_reflect", tables)

    def close(self) -> None:
        for kept in self.kept.values():
            kept.close()
