"""index the open tasks

Why: `list` shows the twenty most urgent open tasks, and without an index the database reads and sorts
every task to find them. The index holds what `list` asks for, in the order in which it shows it:

    SELECT ... WHERE done IS 0 ORDER BY priority DESC, due_on IS NULL, due_on, id LIMIT 20

It is partial: a task that is done leaves it, so it stays as small as what is still to do.

Downgrade loses: nothing. An index holds no data of its own.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_tasks_open"),
        "tasks",
        [sa.text("priority DESC"), sa.text("(due_on IS NULL)"), "due_on", "id"],
        sqlite_where=sa.text("done IS 0"),
        postgresql_where=sa.text("done IS false"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_tasks_open"), table_name="tasks")
