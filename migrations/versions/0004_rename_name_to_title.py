"""rename name to title

Why: users will have names; what a task has is a title. Autogenerate would write this as "drop name,
add title" and every title would be gone, so the rename is written by hand. Both databases do it in
place. PostgreSQL also names the NOT NULL rule after the column (from version 18 on), and a schema
that was renamed must not differ from one that was made fresh.

Downgrade loses: nothing.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("todo", "name", new_column_name="title")
    rename_not_null("todo_name_not_null", "todo_title_not_null")


def downgrade() -> None:
    op.alter_column("todo", "title", new_column_name="name")
    rename_not_null("todo_title_not_null", "todo_name_not_null")


def rename_not_null(old: str, new: str) -> None:
    """On PostgreSQL, rename the NOT NULL rule of the column, where the server has names for those."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"""
            DO $$ BEGIN
                IF EXISTS (SELECT FROM pg_constraint WHERE conname = '{old}' AND conrelid = 'todo'::regclass)
                THEN ALTER TABLE todo RENAME CONSTRAINT {old} TO {new}; END IF;
            END $$""")
