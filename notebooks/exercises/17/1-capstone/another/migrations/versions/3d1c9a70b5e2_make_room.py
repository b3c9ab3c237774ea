"""make room for repeats, changes and merged users

Why: all that locks tasks in one short step: a column, a rule, keys that point there. Nothing here looks at
a row; 8b24f06e91ad fills it, c05e7d3a1f48 checks what is old, and f92a6b1e84c7 merges the users.

merged_users and merged_tasks keep what a merge would forget, so that it can be undone.

Downgrade loses: the history of changes.

Revision ID: 3d1c9a70b5e2
Revises: 0019
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "3d1c9a70b5e2"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("tasks", sa.Column("repeat_every", sa.Integer(), nullable=True))
        op.execute("ALTER TABLE tasks ADD CONSTRAINT ck_tasks_repeats CHECK (repeat_every >= 1) NOT VALID")
    else:
        op.execute(
            "ALTER TABLE tasks ADD COLUMN repeat_every INTEGER "
            "CONSTRAINT ck_tasks_repeats CHECK (repeat_every >= 1)"
        )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_changes_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "merged_users",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("full_name", sa.String(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("profile_created_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["users.id"], name=op.f("fk_merged_users_kept_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "merged_tasks",
        sa.Column("task_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_merged_tasks_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id"),
    )
    op.create_index(op.f("ix_changes_task_id"), "changes", ["task_id"], unique=False)


def downgrade():
    lost = op.get_bind().execute(sa.text("SELECT count(*) FROM changes")).scalar_one()
    if lost:
        logging.getLogger("alembic.runtime.migration").warning("%d rows of changes go with their table", lost)
    op.drop_index(op.f("ix_changes_task_id"), table_name="changes")
    op.drop_table("merged_tasks")
    op.drop_table("merged_users")
    op.drop_table("changes")
    op.drop_column("tasks", "repeat_every")
