"""add the owner of a task

Why: a task belongs to a user, or to nobody. The foreign key has a name, because 0010 will change it,
and it is a rule of the table, not of the column: SQLite could add the column in place with an inline
REFERENCES, but that key would have no name, and the next copy of the table would lose its ON DELETE.
So SQLite copies the table here, once.

Downgrade loses: who owns what.

Revision ID: 0007
Revises: 0006
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    with op.batch_alter_table("tasks", copy_from=tasks_in_a_script()) as batch:
        batch.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_tasks_owner_id_users"), "users", ["owner_id"], ["id"], ondelete="CASCADE"
        )


def downgrade() -> None:
    warn_of_loss()
    with op.batch_alter_table("tasks", copy_from=tasks_in_a_script(with_owner=True)) as batch:
        batch.drop_constraint(op.f("fk_tasks_owner_id_users"), type_="foreignkey")
        batch.drop_column("owner_id")


def tasks_in_a_script(*, with_owner: bool = False) -> sa.Table | None:
    """The table as it is before the step: a script (`--sql`) has no database to look at."""
    if not op.get_context().as_sql:
        return None
    table = sa.Table(
        "tasks",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("category", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    if with_owner:
        table.append_column(sa.Column("owner_id", sa.Integer()))
        table.append_constraint(
            sa.ForeignKeyConstraint(
                ["owner_id"], ["users.id"], name=op.f("fk_tasks_owner_id_users"), ondelete="CASCADE"
            )
        )
    return table


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM tasks WHERE owner_id IS NOT NULL"))
    if lost:
        log.warning("downgrade 0007 loses the owner (tasks: %d)", lost)
