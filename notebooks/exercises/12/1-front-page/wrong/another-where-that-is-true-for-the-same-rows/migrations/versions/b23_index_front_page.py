"""index the front page

Why: it shows the ten newest posts that are published, and asks for them in these words:

    SELECT ... WHERE published IS 1 ORDER BY created_at DESC, id DESC LIMIT 10

Downgrade loses: nothing. An index holds no data of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "b23"
down_revision = "e311a0b0a7d5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_posts_front_page"), "posts", ["created_at", "id"], sqlite_where=sa.text("published")
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_posts_front_page"), table_name="posts")
