"""check the days of every task

Why: since 0020 PostgreSQL has looked at new rows only. VALIDATE reads the old ones, and lets everybody read
and write meanwhile. It is a revision of its own, so that the locks of 0020 and 0021 have long been given
back. SQLite has known the rule for every row all the time.

Downgrade loses: nothing.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

RULE = "ck_tasks_repeat_every_positive"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        pass


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f(RULE), "tasks", type_="check")
        op.create_check_constraint(op.f(RULE), "tasks", "repeat_every > 0", postgresql_not_valid=True)
