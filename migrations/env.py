"""How Alembic meets the database: SQLite and PostgreSQL, sync and async, in a terminal and in a notebook.

Alembic runs this file for every command. What keeps a migration all or nothing stands in the two
`*_safety` modules beside it.
"""

import logging

from alembic import context
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, pool

from migrations import postgresql_safety, sqlite_safety
from taskmaster.database import database_url
from taskmaster.models import Base

config = context.config
SAFETY = {"sqlite": sqlite_safety, "postgresql": postgresql_safety}

if config.attributes.get("configure_logger", True):
    logging.basicConfig(format="%(levelname)-5.5s [%(name)s] %(message)s")
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)


def get_url() -> URL:
    """`alembic -x url=...`, then what a caller put in, then the one function that everything asks."""
    given = context.get_x_argument(as_dictionary=True).get("url") or config.attributes.get("url")
    return make_url(given or database_url(config.config_file_name))


def migrate(connection: Connection) -> None:
    """Run the command on an open connection."""
    safety = SAFETY[connection.dialect.name]
    context.configure(connection=connection, target_metadata=Base.metadata, **safety.OPTIONS)
    with safety.guard(context.get_context()), context.begin_transaction():
        context.run_migrations()


def online() -> None:
    """Connect as the URL asks, and migrate. Tests and notebooks may hand in an engine or a connection."""
    given = config.attributes.get("connection")
    if isinstance(given, Connection):
        return migrate(given)
    if isinstance(given, Engine):
        with given.connect() as connection:
            return migrate(connection)
    url = get_url()
    if url.get_dialect().is_async:
        return run_async(url)
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        return migrate(connection)


def run_async(url: URL) -> None:
    """The same through an async driver; where a loop is running (a notebook), in a thread of its own."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from sqlalchemy.ext.asyncio import create_async_engine

    async def connect_and_migrate() -> None:
        async with create_async_engine(url, poolclass=pool.NullPool).connect() as connection:
            await connection.run_sync(migrate)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(connect_and_migrate())
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, connect_and_migrate()).result()


def offline() -> None:
    """`--sql`: write the statements instead of sending them."""
    url = get_url()
    safety = SAFETY[url.get_backend_name()]
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True, **safety.OPTIONS)
    with safety.script(context.get_context()), context.begin_transaction():
        context.run_migrations()


offline() if context.is_offline_mode() else online()
