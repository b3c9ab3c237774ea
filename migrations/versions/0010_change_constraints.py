"""widen the priority, keep the tasks of a removed user

Why: "urgent" needs a fourth priority, and removing a user must not remove what they had to do: the
foreign key's ON DELETE CASCADE becomes SET NULL. A rule cannot be edited; it is dropped and made
again under the same name. On SQLite one copy of the table does all four steps.

Downgrade loses: urgent. Priority 4 becomes 3, the highest there was before.

Revision ID: 0010
Revises: 0009
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    change_rules(highest=4, ondelete="SET NULL", before=tasks_in_a_script(highest=3, ondelete="CASCADE"))


def downgrade() -> None:
    warn_of_loss()
    op.execute("UPDATE tasks SET priority = 3 WHERE priority = 4")
    change_rules(highest=3, ondelete="CASCADE", before=tasks_in_a_script(highest=4, ondelete="SET NULL"))


def change_rules(*, highest: int, ondelete: str, before: sa.Table | None) -> None:
    with op.batch_alter_table("tasks", copy_from=before) as batch:
        batch.drop_constraint(op.f("ck_tasks_priority_range"), type_="check")
        batch.drop_constraint(op.f("fk_tasks_owner_id_users"), type_="foreignkey")
        batch.create_check_constraint(
            op.f("ck_tasks_priority_range"), sa.text(f"priority BETWEEN 1 AND {highest}")
        )
        batch.create_foreign_key(
            op.f("fk_tasks_owner_id_users"), "users", ["owner_id"], ["id"], ondelete=ondelete
        )


def tasks_in_a_script(*, highest: int, ondelete: str) -> sa.Table | None:
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
            ["owner_id"], ["users.id"], name=op.f("fk_tasks_owner_id_users"), ondelete=ondelete
        ),
        sa.CheckConstraint(f"priority BETWEEN 1 AND {highest}", name=op.f("ck_tasks_priority_range")),
    )


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM tasks WHERE priority = 4"))
    if lost:
        log.warning("downgrade 0010 makes urgent high, the highest before it (tasks: %d)", lost)
