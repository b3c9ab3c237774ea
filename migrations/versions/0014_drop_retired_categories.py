"""drop the retired categories

Why: revision 0013 kept how every category was written, for the way back. That way has not been needed,
and a table that nothing reads is a table that somebody has to explain.

The way up loses: how the categories were written. The tags stay. It says how many there were.

Downgrade loses: nothing more. The table comes back empty.

Revision ID: 0014
Revises: 0013
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    warn("upgrade 0014 loses how categories were written", "retired_category")
    op.drop_table("retired_category")


def downgrade() -> None:
    op.create_table(
        "retired_category",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task_id"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_retired_category_task_id_tasks"), ondelete="CASCADE"
        ),
    )
    warn("retired_category comes back empty, the tags stay", "task_tags")


def warn(sentence: str, table: str) -> None:
    if op.get_context().as_sql:
        return
    rows = op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table}"))
    if rows:
        log.warning("%s (%s: %d)", sentence, table, rows)
