"""add notes

Why: some tasks need more than a title: a phone number, an address, what was said last time.

Downgrade loses: the notes of every task.

Revision ID: 0017
Revises: 0015
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.add_column("tasks", sa.Column("notes", sa.Text(), nullable=True))


def downgrade() -> None:
    warn_of_loss()
    op.drop_column("tasks", "notes")


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM tasks WHERE notes IS NOT NULL"))
    if lost:
        log.warning("downgrade 0017 loses the notes (tasks: %d)", lost)
