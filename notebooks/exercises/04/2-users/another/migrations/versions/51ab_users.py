"""call the authors users"""

from alembic import op

revision = "51ab"
down_revision = "b05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE authors RENAME TO users")


def downgrade() -> None:
    op.execute("ALTER TABLE users RENAME TO authors")
