"""create the history of changes

Why: "when did this become urgent, and what was it before?" Every task gets
its first row, in batches.

Downgrade loses: every change that is still in the table.

Revision ID: 0023
Revises: 0022
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BATCH = 5000

tasks = sa.table("tasks", sa.column("id", sa.Integer))

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
    fill()


def fill() -> None:
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
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM changes"))
    if lost:
        log.warning("downgrade 0023 loses the history (changes: %d)", lost)
    op.drop_table("changes")
