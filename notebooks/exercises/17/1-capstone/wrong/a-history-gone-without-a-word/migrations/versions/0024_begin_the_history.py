"""begin the history of every task

Why: a history without a beginning cannot say what a task was called at first. One row for each task: it was
created, then, with this title. The database copies them itself, some thousand at a time.

Downgrade loses: the history.

Revision ID: 0024
Revises: 0023
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")

BATCH = 5000

tasks = sa.table("tasks", sa.column("id", sa.Integer))


def upgrade() -> None:
    connection = op.get_bind()
    last = 0
    while True:
        batch = sa.select(tasks.c.id).where(tasks.c.id > last).order_by(tasks.c.id).limit(BATCH).subquery()
        end = connection.scalar(sa.select(sa.func.max(batch.c.id)))
        if end is None:
            return
        made = connection.execute(
            sa.text("""
                INSERT INTO changes (task_id, changed_at, field, old, new)
                SELECT id, created_at, 'created', NULL, title FROM tasks
                WHERE id > :last AND id <= :end ORDER BY id"""),
            {"last": last, "end": end},
        )
        log.info("%d changes made in this batch, the last for task %d", made.rowcount, end)
        last = end


def downgrade() -> None:
    op.execute("DELETE FROM changes")
