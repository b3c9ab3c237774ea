"""add an estimate in minutes

Why: "what can I do in half an hour?" An estimate is a whole number of minutes, and never zero or less.
The column brings its own named CHECK along, as in 0009, so SQLite adds both in place.

Downgrade loses: the estimate of every task.

Revision ID: 0016
Revises: 0015
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.add_column(
        "tasks",
        sa.Column(
            "estimate",
            sa.Integer(),
            sa.CheckConstraint("estimate > 0", name=op.f("ck_tasks_estimate_positive")),
            nullable=True,
        ),
    )


def downgrade() -> None:
    warn_of_loss()
    # Nothing has copied the table since, so the CHECK is still a part of its column, and goes with it.
    op.drop_column("tasks", "estimate")


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM tasks WHERE estimate IS NOT NULL"))
    if lost:
        log.warning("downgrade 0016 loses the estimate (tasks: %d)", lost)
