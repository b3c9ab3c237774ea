"""The same, with the guard of lesson 05."""

from typing import Any

from alembic import context
from sqlalchemy import engine_from_config, event, pool

from migrations import sqlite_safety

config = context.config
url = config.get_main_option("sqlalchemy.url")
connectable = engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)


@event.listens_for(connectable, "connect")
def foreign_keys_on(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    context.configure(url=url, target_metadata=None, literal_binds=True, **sqlite_safety.OPTIONS)
    with sqlite_safety.script(context.get_context()), context.begin_transaction():
        context.run_migrations()
else:
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=None, **sqlite_safety.OPTIONS)
        with sqlite_safety.guard(context.get_context()):
            context.run_migrations()
