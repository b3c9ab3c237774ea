"""Where the database is, and how it is opened. SQLAlchemy is imported only when one is."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from taskmaster.errors import NoDatabaseError, TaskmasterError, UnfitDatabaseError
from taskmaster.schema import Schema

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.orm import Session

URL_VARIABLE = "TASKMASTER_DATABASE_URL"
PROJECT = Path(__file__).resolve().parents[1]
WAIT = 10  # seconds that a command waits for another that is writing
WRITE_LOCK = 7_460_002  # on PostgreSQL: any number, as long as every taskmaster uses the same

# ------------------------------------------------------------------------------------- where it is


def database_url(ini: str | os.PathLike[str] | None = None) -> str:
    """Return the URL of the database, as SQLAlchemy reads it. Everything asks here.

    In this order: the environment variable TASKMASTER_DATABASE_URL, the same name in the file `.env`
    beside the ini file, `sqlalchemy.url` in the ini file INI (by default this project's alembic.ini).
    Raises KeyError when none of them has it, TaskmasterError for a `.env` that is not text.
    """
    ini = Path(ini) if ini else PROJECT / "alembic.ini"
    return os.environ.get(URL_VARIABLE) or _from_dotenv(ini.parent / ".env") or _from_ini(ini)


def _from_dotenv(path: Path) -> str | None:
    if not path.is_file():
        return None
    from dotenv import dotenv_values  # only where there is such a file

    try:
        return dotenv_values(path, encoding="utf-8-sig").get(URL_VARIABLE)  # Windows likes to add a signature
    except UnicodeDecodeError as error:
        raise TaskmasterError(
            f"{shown(path)} is not text in UTF-8 ({error.reason} at byte {error.start}). Save it as UTF-8."
        ) from error


def _from_ini(ini: Path) -> str:
    parser = ConfigParser({"here": str(ini.resolve().parent)})
    parser.read(ini, encoding="utf-8")
    return parser["alembic"]["sqlalchemy.url"]


def url_of_the_app() -> str:
    """The database's URL; raises TaskmasterError where nothing says it, or nothing that can be read."""
    try:
        return database_url()
    except (KeyError, ConfigError, OSError, UnicodeError) as error:
        raise TaskmasterError(
            f"Nothing says where the database is: set {URL_VARIABLE}, or sqlalchemy.url in alembic.ini "
            f"({type(error).__name__}: {error})."
        ) from error


def sqlite_file(url: str) -> Path | None:
    """The file that a SQLite URL names, read as SQLAlchemy reads it.

    None for another database, one in memory, or a `file:` URI.
    """
    scheme, _, rest = url.partition(":///")
    name = unquote(rest.partition("?")[0])
    if scheme.partition("+")[0] != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return Path(name)


def shown(path: Path) -> str:
    """PATH as people like to read it: from here where it lies below here, else in full."""
    try:
        below = path.absolute().relative_to(Path.cwd())
    except (ValueError, OSError):
        return str(path)
    return str(below) if below.parts else str(path)


def where(url: str) -> str:
    """The database in a message: its file, or its URL without the password."""
    path = sqlite_file(url)
    return shown(path) if path else str(_parsed(url).set(query={}))  # a query may hold a password too


def address(url: str) -> str:
    """The database for other programs: the file's full path, or the URL without its password."""
    path = sqlite_file(url)
    return str(path.absolute()) if path else where(url)


def _parsed(url: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # do not show it: it may hold a password
        raise TaskmasterError(
            "The database URL is not one. It should look like sqlite:///taskmaster.db or "
            "postgresql+psycopg://name:password@host/database."
        ) from None


# -------------------------------------------------------------------------------- a look, no more


def glance(url: str) -> Schema | None:
    """Read where a SQLite database is, with the standard library alone; for `--help`.

    This is a read-only operation. None means that it is not known: another database, no file, or one
    that cannot be read now. Never raises.
    """
    path = sqlite_file(url)
    try:
        if path is None or not path.is_file():
            return None
        with closing(connect(path, wait=0)) as connection:
            return schema_in(connection)
    except (sqlite3.Error, OSError, ValueError, TaskmasterError):
        return None


def schema_in(connection: sqlite3.Connection) -> Schema:
    """The schema of an open SQLite database; raises UnfitDatabaseError (see `Schema.found`)."""
    tables = {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
    }
    versions = (
        connection.execute("SELECT version_num FROM alembic_version") if "alembic_version" in tables else ()
    )
    return Schema.found(tables, [version for (version,) in versions])


def connect(path: Path, *, wait: float = WAIT) -> sqlite3.Connection:
    """Open a SQLite file as taskmaster does: foreign keys on, no transaction begun behind our back.

    Never makes a file. `lower` and LIKE understand all letters, not only A to Z.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=wait, isolation_level=None
    )
    connection.execute("PRAGMA foreign_keys=ON")
    connection.create_function("lower", 1, _lower, deterministic=True)
    return connection


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


# ------------------------------------------------------------------------------------- opening it


@contextmanager
def opened(url: str, *needs: str, writing: bool = False) -> Iterator[Session]:
    """Open the database at URL for one unit of work, and commit it at the end; an exception undoes it.

    NEEDS are the features without which there is no point (`Schema.require`). The session carries the
    schema and the classes that fit it (`mapping.schema`, `mapping.models`). WRITING takes the write lock
    at once (SQLite's, or one of taskmaster's own on a server), so that two commands at a time wait for each
    other and none is lost. Without it, all that is read is of one moment.

    Raises NoDatabaseError where there is no file (and makes none), and a TaskmasterError with one
    sentence for whatever else can go wrong with a database. Whatever is refused stays as it was.
    """
    meet(url)
    place = where(url)
    from sqlalchemy.orm import Session

    from taskmaster.mapping import models_for

    with explained(place), _engine(url, writing=writing).connect() as connection, connection.begin():
        try:
            schema = _schema_of(connection)
            schema.require(*needs)
            info = {"schema": schema, "models": models_for(connection, schema)}
        except UnfitDatabaseError as error:
            raise UnfitDatabaseError(f"{place} {error} Nothing was changed.") from None
        with Session(connection, info=info, autoflush=False) as session:
            yield session
            session.flush()


def meet(url: str) -> None:
    """Raise what can be said about a SQLite file before it is opened: it is a folder, or not there."""
    path = sqlite_file(url)
    if path is None:
        if url.startswith("sqlite"):  # in memory, where it would be gone after this command, or a file: URI
            raise TaskmasterError("Name a SQLite database by its path: sqlite:///taskmaster.db.")
        return
    if path.is_dir():
        raise TaskmasterError(f"{shown(path)} is a folder, not a database.")
    if not path.exists():
        if not path.parent.is_dir():
            raise TaskmasterError(
                f"There is no folder {shown(path.parent)} for the database {path.name}. Make it first."
            )
        raise NoDatabaseError(
            f"No tasks yet: there is no database {shown(path)}.\n"
            'The first task makes it: taskmaster add "Buy milk"'
        )


def _engine(url: str, *, writing: bool) -> Engine:
    from sqlalchemy import create_engine, pool

    path = sqlite_file(url)
    if path is None:
        return server_engine(url, writing=writing)
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=pool.NullPool)
    _begin_with(engine, "BEGIN IMMEDIATE" if writing else "BEGIN")
    return engine


def server_engine(url: str, *, writing: bool, **settings: Any) -> Engine:
    """An engine for a PostgreSQL server. It keeps no connection, unless SETTINGS (SQLAlchemy's) say so.

    What waits for a lock gives up after WAIT seconds. Who writes takes one that every other writer asks for:
    a lock of taskmaster's own, which nobody who reads has to wait for.
    """
    from sqlalchemy import create_engine, pool

    parsed = _sync(_parsed(url))
    if parsed.get_backend_name() != "postgresql":
        raise TaskmasterError(
            f"Tasks cannot be kept in {where(url)}: "
            "the URL must begin with sqlite:/// or postgresql+psycopg://."
        )
    ours: dict[str, Any] = {"connect_args": {"connect_timeout": WAIT}, "poolclass": pool.NullPool}
    ours["use_native_hstore"] = False  # or SQLAlchemy asks the server about a type that we do not have
    ours["isolation_level"] = "READ COMMITTED" if writing else "REPEATABLE READ"
    engine = create_engine(parsed, **(ours | settings))
    lock = f"; SELECT pg_advisory_xact_lock({WRITE_LOCK})" if writing else ""
    _begin_with(engine, f"SET LOCAL lock_timeout = '{WAIT}s'{lock}")
    return engine


def _begin_with(engine: Engine, statement: str) -> None:
    from sqlalchemy import event

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def _sync(url: URL) -> URL:
    """The same database through a driver that needs no event loop; the app is not async."""
    drivers = {"sqlite+aiosqlite": "sqlite", "postgresql+asyncpg": "postgresql+psycopg"}
    return url.set(drivername=drivers.get(url.drivername, url.drivername))


def _schema_of(connection: Connection) -> Schema:
    from sqlalchemy import inspect, text

    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        return Schema.found(tables, ())
    return Schema.found(tables, connection.scalars(text("SELECT version_num FROM alembic_version")))


# ------------------------------------------------------------------------ what goes wrong, in words


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn whatever a database or its driver raises into a TaskmasterError with one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise TaskmasterError(sentence(error, place)) from error
    except Exception as error:
        words = _any_sentence(error, place)
        if words is None:
            raise
        raise TaskmasterError(words) from error


def _any_sentence(error: Exception, place: str) -> str | None:
    from sqlalchemy import exc

    if isinstance(error, exc.DBAPIError):
        if isinstance(error.orig, sqlite3.Error):
            return sentence(error.orig, place)
        return _server_sentence(error, place)
    if isinstance(error, exc.NoSuchModuleError):
        return f"There is no database driver for {place}."
    if isinstance(error, ModuleNotFoundError) and error.name not in {None, "taskmaster"}:
        return f"{place} needs the driver {error.name}, which is not installed."
    if isinstance(error, exc.SQLAlchemyError):
        return f"The database {place} could not be used: {_first_line(error)}"
    return None


def sentence(error: sqlite3.Error, place: str) -> str:
    """What an error of SQLite's means to the person who typed."""
    text = _first_line(error)
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{place} is locked by another program. Nothing was changed; try again in a moment."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"{place} is read-only. Nothing was changed."
        case sqlite3.SQLITE_FULL:
            return f"The disk is full. Nothing was changed in {place}."
        case sqlite3.SQLITE_NOTADB:
            return f"{place} is not a SQLite database. It was not touched."
        case sqlite3.SQLITE_CORRUPT:
            return f"{place} is damaged ({text}). Go back to a backup: taskmaster db restore FILE"
        case sqlite3.SQLITE_CANTOPEN:
            return f"{place} cannot be opened: may you read and write it, and the folder it is in?"
        case sqlite3.SQLITE_IOERR:
            return f"The disk failed to read or write {place} ({text}). Nothing was changed."
    if "no such table" in text or "no column" in text or "no such column" in text:
        return f"The tables of {place} are not what its revision says ({text}). Nothing was changed."
    return f"The database {place} refused: {text}. Nothing was changed."


def _server_sentence(error: Any, place: str) -> str:
    """What an error of PostgreSQL's, or of its driver, means to the person who typed."""
    from sqlalchemy import exc

    reason = _first_line(error.orig).removesuffix(".")
    if error.statement is None and not error.connection_invalidated:
        words = reason.rpartition(" failed: ")[2].removeprefix("FATAL:").strip()
        return f"Cannot reach the database {place}: {words}."
    if error.statement is None:  # it was lost in the COMMIT
        return f"The connection to {place} was lost at the last moment ({reason}). Look whether it is done."
    if error.connection_invalidated:
        return f"The connection to {place} was lost ({reason}). Nothing was changed; try again in a moment."
    match getattr(error.orig, "sqlstate", None):
        case "55P03" | "40P01":  # a lock that does not come, or each has one that the other waits for
            return f"{place} is locked by another program. Nothing was changed; try again in a moment."
        case "25006":
            return f"{place} is read-only. Nothing was changed."
        case "53100":
            return f"The disk is full. Nothing was changed in {place}."
        case "42501":
            return f"The user of the URL may not do that in {place} ({reason}). Nothing was changed."
    if isinstance(error, exc.ProgrammingError):
        return (
            f"The tables of {place} are not what its revision says, or changed just now ({reason}). "
            "Nothing was changed; try again."
        )
    return f"The database {place} refused: {reason}. Nothing was changed."


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
