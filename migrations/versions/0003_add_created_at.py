"""add the time of creation

Why: "what did I write down last?" needs the moment. Tasks that are there already get the moment of
this upgrade; nobody knows a better one. SQLite cannot add a column whose default is not a constant,
and "now" is not: so this is batch mode, which copies the table. PostgreSQL adds it in place.

Downgrade loses: the time of creation of every task.

Revision ID: 0003
Revises: 0002
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    with op.batch_alter_table("todo", copy_from=todo_in_a_script()) as batch:
        batch.add_column(
            sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
        )


def downgrade() -> None:
    warn_of_loss()
    op.drop_column("todo", "created_at")


def todo_in_a_script() -> sa.Table | None:
    """The table as it is before the step: a script (`--sql`) has no database to look at."""
    if not op.get_context().as_sql:
        return None
    return sa.Table(
        "todo",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("category", sa.String()),
    )


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM todo"))
    if lost:
        log.warning("downgrade 0003 loses the time of creation (tasks: %d)", lost)
