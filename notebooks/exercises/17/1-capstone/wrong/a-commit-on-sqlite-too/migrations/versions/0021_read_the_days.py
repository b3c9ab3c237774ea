"""read the days from the titles

Why: "Water the plants (every 3 days)" now has a column for its 3. What can be read leaves the title;
everything else stays as people wrote it. A title is read in Python, because SQLite has no pattern that
could; the database sorts out those without brackets. Only tasks that change are written.

Downgrade loses: nothing. The days stand in the titles again, as " (every 3 days)".

Revision ID: 0021
Revises: 0020
"""

import logging
import re

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")

BATCH = 1000

tasks = sa.table(
    "tasks",
    sa.column("id", sa.Integer),
    sa.column("title", sa.String),
    sa.column("repeat_every", sa.Integer),
)

NOTE = re.compile(
    r"(?P<title>.*[^ ]) *"
    r"\( *(?:(?P<daily>daily)|(?P<weekly>weekly)|every +(?P<days>[0-9]{1,4}) +days?) *\) *",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)


def upgrade() -> None:
    for batch in batches(tasks.c.title.like("%(%)%")):
        write([(id_, *found) for id_, title, _ in batch if (found := read(title))])


def downgrade() -> None:
    for batch in batches(tasks.c.repeat_every.is_not(None)):
        write([(id_, f"{title} (every {days} days)", None) for id_, title, days in batch])


def read(title: str) -> tuple[str, int] | None:
    """The title without its note, and the days; None where there is nothing to read."""
    found = NOTE.fullmatch(title)
    if not found:
        return None
    days = 1 if found["daily"] else 7 if found["weekly"] else int(found["days"])
    return (found["title"], days) if days else None


def batches(condition):
    """The tasks for which CONDITION is true, some at a time, so that they need not all be in memory."""
    query = sa.select(tasks).where(condition).order_by(tasks.c.id).limit(BATCH)
    last, connection = 0, op.get_bind()
    while batch := connection.execute(query.where(tasks.c.id > last)).all():
        yield batch
        last = batch[-1].id


def write(changed):
    """Give tasks their new title and days, all of a batch in one go."""
    if changed:
        change = sa.update(tasks).where(tasks.c.id == sa.bindparam("task"))
        values = [{"task": id_, "title": title, "repeat_every": days} for id_, title, days in changed]
        with op.get_context().autocommit_block():
            op.get_bind().execute(change, values)
        log.info("%d titles changed in this batch, the last of task %d", len(changed), changed[-1][0])
