"""The newest published posts, newest first."""

from alembic import op

revision = "5f0e"
down_revision = "e311a0b0a7d5"


def upgrade():
    op.execute("CREATE INDEX ix_posts_front_page ON posts (created_at DESC, id DESC) WHERE published IS 1")


def downgrade():
    op.execute("DROP INDEX ix_posts_front_page")
