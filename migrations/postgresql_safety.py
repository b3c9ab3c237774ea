"""What lets several deployers run the same upgrade on PostgreSQL at once.

PostgreSQL's DDL is transactional, so each revision is all or nothing by itself. But Alembic has no
lock: two upgrades at once both read the same starting point, and the slower one fails or, worse, half
succeeds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import text

WAIT = 60  # seconds that a second migration waits for the first
KEY = 7_460_001  # any number, as long as every deployer uses the same

# One transaction a revision: an `autocommit_block()` then commits no other revision's work.
OPTIONS: dict[str, Any] = {"render_as_batch": True, "transaction_per_migration": True}


@contextmanager
def guard(context: MigrationContext) -> Iterator[None]:
    """Hold an advisory lock of the session for the whole command; PostgreSQL releases it if we die.

    It asks again and again instead of waiting in the server: a waiting session holds a snapshot, and
    CREATE INDEX CONCURRENTLY of the first deployer would wait for that snapshot forever.
    Raises CommandError after WAIT seconds.
    """
    connection = context.connection
    assert connection is not None
    if context.opts.get("dont_mutate", False) or connection.in_transaction():
        yield
        return
    deadline = time.monotonic() + WAIT
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": KEY}):
        connection.rollback()
        if time.monotonic() > deadline:
            raise CommandError(f"another migration has been running for {WAIT} seconds; try again later")
        time.sleep(0.1)
    # End the transaction that the question began, or Alembic takes it for the caller's and never commits.
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": KEY})
        connection.commit()


@contextmanager
def script(context: MigrationContext) -> Iterator[None]:
    """A script (`--sql`) needs nothing more: each revision stands in its own BEGIN and COMMIT."""
    yield
