"""rename authors to users"""

from alembic import op

revision = "b06"
down_revision = "b05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
