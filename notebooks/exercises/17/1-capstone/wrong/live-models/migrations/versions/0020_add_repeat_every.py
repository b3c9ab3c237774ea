"""add the days after which a task comes back

Why: "every 3 days" stands in titles, where nobody can count with it. Here comes only its place, and that is
short: on PostgreSQL an added column that brings its CHECK along would read every task under the lock of
ALTER TABLE, so there the rule holds for new rows first (NOT VALID), and 0022 looks at the old ones.

Downgrade loses: nothing; 0021 has written the days into the titles again.

Revision ID: 0020
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0024"
branch_labels = None
depends_on = None

RULE = "ck_tasks_repeat_every_positive"


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        rule = sa.CheckConstraint("repeat_every > 0", name=op.f(RULE))
        op.add_column("tasks", sa.Column("repeat_every", sa.Integer(), rule, nullable=True))
    else:
        op.add_column("tasks", sa.Column("repeat_every", sa.Integer(), nullable=True))
        op.create_check_constraint(op.f(RULE), "tasks", "repeat_every > 0", postgresql_not_valid=True)


def downgrade() -> None:
    # The CHECK goes with its column: on SQLite it is a part of it, PostgreSQL drops it by itself.
    op.drop_column("tasks", "repeat_every")
