"""rename content to body"""

import sqlalchemy as sa
from alembic import op

revision = "b05"
down_revision = "b04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("body", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE posts SET body = content")


def downgrade() -> None:
    op.drop_column("posts", "body")
