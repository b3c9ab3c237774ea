"""create the history of changes

Why: "when did this become urgent, and what was it before?" The foreign key stops everybody who wants to write
to `tasks` until this revision ends, so the table is made here and filled in the next one.

Downgrade loses: every change that is still in the table.

Revision ID: 0023
Revises: 0019
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0019"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "task_id",
            sa.Integer(),
            sa.ForeignKey("tasks.id", name=op.f("fk_changes_task_id_tasks"), ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
    )
    op.create_index(op.f("ix_changes_task_id"), "changes", ["task_id"])


def downgrade() -> None:
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM changes"))
    if lost:
        log.warning("downgrade 0023 loses the history (changes: %d)", lost)
    op.drop_table("changes")
