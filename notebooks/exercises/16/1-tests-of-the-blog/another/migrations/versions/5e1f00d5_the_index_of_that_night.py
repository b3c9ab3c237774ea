"""the index of that night

Made by hand on one database (lesson 09); from here on everywhere. It is made anew where it is, so that it is
the same everywhere.
"""

from alembic import op

revision = "5e1f00d5"
down_revision = "b25"


def upgrade():
    op.execute("DROP INDEX IF EXISTS ix_posts_created_at")
    op.execute("CREATE INDEX ix_posts_created_at ON posts (created_at)")


def downgrade():
    op.execute("DROP INDEX ix_posts_created_at")
