"""add a priority between 1 and 3

Why: a long list needs an order. 1 is low, 2 is normal, 3 is high, and the database itself refuses
anything else. A column may bring its own named CHECK along, so SQLite adds both in place.

Downgrade loses: the priority of every task.

Revision ID: 0009
Revises: 0008
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.add_column(
        "tasks",
        sa.Column(
            "priority",
            sa.Integer(),
            sa.CheckConstraint("priority BETWEEN 1 AND 3", name=op.f("ck_tasks_priority_range")),
            server_default=sa.text("2"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    warn_of_loss()
    # Batch mode, though the column went in without: once 0010 has copied the table, the CHECK is a
    # rule of the table, and SQLite drops no column that such a rule names.
    with op.batch_alter_table("tasks", copy_from=tasks_in_a_script()) as batch:
        batch.drop_constraint(op.f("ck_tasks_priority_range"), type_="check")
        batch.drop_column("priority")


def tasks_in_a_script() -> sa.Table | None:
    """The table as it is before the step: a script (`--sql`) has no database to look at."""
    if not op.get_context().as_sql:
        return None
    return sa.Table(
        "tasks",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("category", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("priority", sa.Integer(), server_default=sa.text("2"), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_tasks_owner_id_users"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 3", name=op.f("ck_tasks_priority_range")),
    )


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM tasks WHERE priority <> 2"))
    if lost:
        log.warning("downgrade 0009 loses the priority (tasks: %d)", lost)
