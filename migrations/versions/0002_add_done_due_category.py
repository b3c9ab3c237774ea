"""add done, due date and category

Why: a task that can exist should also be able to be finished, due and sorted. `done` may never be
NULL, and there are rows already: the server default is what the database puts into them. The other
two may stay empty. SQLite adds all three in place, without reading a row.

Downgrade loses: what stands in the three columns.

Revision ID: 0002
Revises: 0001
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.add_column("todo", sa.Column("done", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("todo", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("todo", sa.Column("category", sa.String(), nullable=True))


def downgrade() -> None:
    warn_of_loss()
    op.drop_column("todo", "category")
    op.drop_column("todo", "due_on")
    op.drop_column("todo", "done")


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(
        sa.text("SELECT count(*) FROM todo WHERE done OR due_on IS NOT NULL OR category IS NOT NULL")
    )
    if lost:
        log.warning("downgrade 0002 loses done, due date or category (tasks: %d)", lost)
