"""rename content to body"""

from alembic import op

revision = "b05"
down_revision = "b04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("posts", "content", new_column_name="body")
    op.execute("UPDATE posts SET body = upper(body)")


def downgrade() -> None:
    op.alter_column("posts", "body", new_column_name="content")
