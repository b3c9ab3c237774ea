"""rename content to body"""

import sqlalchemy as sa
from alembic import op

revision = "b05"
down_revision = "b04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("posts", "content", new_column_name="body")


def downgrade() -> None:
    op.drop_column("posts", "body")
    op.add_column("posts", sa.Column("content", sa.Text(), server_default="", nullable=False))
