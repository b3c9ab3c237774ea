"""a subtitle is a summary"""

from alembic import op

revision = "8c11"
down_revision = "b23"


def upgrade():
    op.execute("ALTER TABLE posts RENAME COLUMN subtitle TO summary")


def downgrade():
    op.execute("ALTER TABLE posts RENAME COLUMN summary TO subtitle")
