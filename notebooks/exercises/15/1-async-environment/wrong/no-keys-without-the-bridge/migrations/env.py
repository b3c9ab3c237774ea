import asyncio
import os
from logging.config import fileConfig
from pathlib import Path

from dotenv import dotenv_values
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import make_url
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import context
from migrations import sqlite_safety
from models import Base

# this is the Alembic Config object, which provides
# access to the values within the .ini file in use.
config = context.config

# Interpret the config file for Python logging.
# This line sets up loggers basically.
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

# add your model's MetaData object here
# for 'autogenerate' support
# from myapp import mymodel
# target_metadata = mymodel.Base.metadata
target_metadata = Base.metadata

# other values from the config, defined by the needs of env.py,
# can be acquired:
# my_important_option = config.get_main_option("my_important_option")
# ... etc.


def get_url() -> str:
    """The environment, then `.env` beside alembic.ini, then alembic.ini (lesson 14)."""
    said = dotenv_values(Path(config.config_file_name or "alembic.ini").parent / ".env")
    name = "BLOG_DATABASE_URL"
    return os.environ.get(name) or said.get(name) or config.get_main_option("sqlalchemy.url", "")


def run_migrations_offline() -> None:
    """Run migrations in 'offline' mode.

    This configures the context with just a URL
    and not an Engine, though an Engine is acceptable
    here as well.  By skipping the Engine creation
    we don't even need a DBAPI to be available.

    Calls to context.execute() here emit the given string to the
    script output.

    """
    url = get_url()
    context.configure(
        url=url,
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **sqlite_safety.OPTIONS,
    )

    with sqlite_safety.script(context.get_context()), context.begin_transaction():
        context.run_migrations()


def do_run_migrations(connection) -> None:
    """What is the same with every driver; the connection is a plain one."""
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        **sqlite_safety.OPTIONS,
    )

    with sqlite_safety.guard(context.get_context()):
        context.run_migrations()


def foreign_keys_on(connection, _record) -> None:
    """A cursor is what all drivers have."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


async def run_async_migrations(url) -> None:
    """Over the bridge, for a driver that has to be awaited."""
    connectable = create_async_engine(url, poolclass=pool.NullPool)
    event.listen(connectable.sync_engine, "connect", foreign_keys_on)
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


def run_migrations_online() -> None:
    """Ask the URL which kind of driver it names."""
    url = make_url(get_url())
    if url.get_dialect().is_async:
        asyncio.run(run_async_migrations(url))
        return
    connectable = create_engine(url, poolclass=pool.NullPool)
    with connectable.connect() as connection:
        do_run_migrations(connection)


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
