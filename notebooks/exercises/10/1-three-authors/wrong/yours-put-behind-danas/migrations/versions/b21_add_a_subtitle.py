"""add a subtitle

Downgrade loses: every subtitle.
"""

import sqlalchemy as sa
from alembic import op

revision = "b21"
down_revision = "da0a51e7c0de"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("subtitle", sa.String(200), nullable=True))


def downgrade() -> None:
    op.drop_column("posts", "subtitle")
