"""How Alembic meets the database: SQLite and PostgreSQL, sync and async, in a terminal and in a notebook.

Alembic runs this file for every command. What keeps a migration all or nothing stands in the two
`*_safety` modules beside it.
"""

import logging
import warnings

from alembic import context
from sqlalchemy import URL, Connection

from migrations import connecting, postgresql_safety, sqlite_safety
from taskmaster.database import database_url
from taskmaster.models import Base

config = context.config
SAFETY = {"sqlite": sqlite_safety, "postgresql": postgresql_safety}

if config.attributes.get("configure_logger", True):
    logging.basicConfig(format="%(levelname)-7s [%(name)s] %(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)

# SQLAlchemy reads no index on an expression from SQLite, so `alembic check` cannot compare this one. A
# test does; about any other the warning stays.
warnings.filterwarnings("ignore", message=".*expression-based index '?ix_tasks_open")


def get_url() -> URL:
    """`alembic -x url=...`, then what a caller put in, then the one function that everything asks."""
    given = context.get_x_argument(as_dictionary=True).get("url") or config.attributes.get("url")
    return connecting.parse(given or database_url(config.config_file_name), SAFETY)


def only_reads() -> bool:
    """Whether this command goes nowhere (`alembic current`, `check`): it has no revision to go to."""
    try:
        context.get_revision_argument()
    except KeyError:
        return True
    return False


def migrate(connection: Connection) -> None:
    """Run the command on an open connection; the guard begins, and commits at the end."""
    safety = SAFETY[connection.dialect.name]
    context.configure(connection=connection, target_metadata=Base.metadata, **safety.OPTIONS)
    with safety.guard(context.get_context()):
        context.run_migrations()


def online() -> None:
    """Connect as the URL asks, and migrate. Tests and notebooks may hand in an engine or a connection."""
    given = config.attributes.get("connection")
    if given is None:
        url = get_url()
        connecting.run(sqlite_safety.url_to_read(url) if only_reads() else url, migrate)
    elif isinstance(given, Connection):
        migrate(given)
    else:
        with given.connect() as connection:
            migrate(connection)


def offline() -> None:
    """`--sql`: write the statements instead of sending them."""
    url = get_url()
    safety = SAFETY[url.get_backend_name()]
    context.configure(
        url=url,
        target_metadata=Base.metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},  # or every % in the SQL would be written twice
        **safety.OPTIONS,
    )
    with safety.script(context.get_context()), context.begin_transaction():
        context.run_migrations()


offline() if context.is_offline_mode() else online()
