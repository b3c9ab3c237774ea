"""create table todo

Why: a task is a row. It needs a name and nothing else yet; the database gives each one its id.

Downgrade loses: every task, because the table goes.

Revision ID: 0001
Revises:
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.create_table(
        "todo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    warn_of_loss()
    op.drop_table("todo")


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM todo"))
    if lost:
        log.warning("downgrade 0001 loses every task (tasks: %d)", lost)
