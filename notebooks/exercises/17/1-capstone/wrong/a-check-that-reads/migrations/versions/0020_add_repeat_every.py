"""add the days after which a task comes back

Why: "every 3 days" stands in titles, where nobody can count with it. Here comes only its place, and that is
short: one ALTER TABLE, as in 0016.

Downgrade loses: nothing; 0021 has written the days into the titles again.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

RULE = "ck_tasks_repeat_every_positive"


def upgrade() -> None:
    rule = sa.CheckConstraint("repeat_every > 0", name=op.f(RULE))
    op.add_column("tasks", sa.Column("repeat_every", sa.Integer(), rule, nullable=True))


def downgrade() -> None:
    # The CHECK goes with its column: on SQLite it is a part of it, PostgreSQL drops it by itself.
    op.drop_column("tasks", "repeat_every")
