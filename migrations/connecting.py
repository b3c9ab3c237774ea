"""Opening the database that a URL names, through a sync or an async driver, and saying so when it fails."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine, make_url, pool
from sqlalchemy.exc import ArgumentError, DBAPIError

FAILURES = (DBAPIError, OSError, ImportError, ArgumentError)


def parse(url: URL | str, databases: Collection[str]) -> URL:
    """Read a URL; raises CommandError when it is none, or not for one of DATABASES."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # do not show it: it may hold a password
        raise CommandError("the database URL is not one, like sqlite:///taskmaster.db") from None
    if parsed.get_backend_name() not in databases:
        raise CommandError(f"this history runs on {' and '.join(databases)}, not on {parsed.drivername}")
    return parsed


def run(url: URL, migrate: Callable[[Connection], None]) -> None:
    """Call MIGRATE with a connection to URL, and close it afterwards.

    Raises CommandError with the URL, its password left out, when the database cannot be opened.
    """
    try:
        is_async = url.get_dialect().is_async
        if not is_async:
            connection = create_engine(url, poolclass=pool.NullPool).connect()
    except FAILURES as error:
        raise _cannot_open(url, error) from error
    if is_async:
        _run_async(url, migrate)
        return
    with connection:
        migrate(connection)


def _run_async(url: URL, migrate: Callable[[Connection], None]) -> None:
    """The same through an async driver; in a thread of its own where a loop runs (a notebook)."""
    from sqlalchemy.ext.asyncio import create_async_engine

    async def connect_and_migrate() -> None:
        try:
            connection = await create_async_engine(url, poolclass=pool.NullPool).connect()
        except FAILURES as error:
            raise _cannot_open(url, error) from error
        try:
            await connection.run_sync(migrate)
        finally:
            await connection.close()

    if _loop_is_running():
        with ThreadPoolExecutor(1) as executor:
            executor.submit(asyncio.run, connect_and_migrate()).result()
    else:
        asyncio.run(connect_and_migrate())


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _cannot_open(url: URL, error: Exception) -> CommandError:
    reason = error.orig if isinstance(error, DBAPIError) else error
    # A query may hold a password too, and only the one before the host is left out by itself.
    return CommandError(f"cannot open {url.set(query={})}: {reason}")
