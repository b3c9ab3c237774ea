"""rename table todo to tasks

Why: tables hold many rows and are named for them; `users` comes next. The rename itself is instant on
both databases. PostgreSQL keeps the old name inside the names of the primary key, the sequence and
the NOT NULL rules; they are renamed along, so that nobody has to remember `todo_pkey`.

Downgrade loses: nothing.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rename("todo", "tasks")


def downgrade() -> None:
    rename("tasks", "todo")


def rename(old: str, new: str) -> None:
    op.rename_table(old, new)
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER SEQUENCE {old}_id_seq RENAME TO {new}_id_seq")
        # The key, and whatever NOT NULL rules this server has names for.
        op.execute(f"""
            DO $$ DECLARE old_name text; BEGIN
                FOR old_name IN SELECT conname FROM pg_constraint
                    WHERE conrelid = '{new}'::regclass AND starts_with(conname, '{old}_')
                LOOP EXECUTE format('ALTER TABLE {new} RENAME CONSTRAINT %I TO %I',
                                    old_name, '{new}' || substr(old_name, length('{old}') + 1));
                END LOOP;
            END $$""")
