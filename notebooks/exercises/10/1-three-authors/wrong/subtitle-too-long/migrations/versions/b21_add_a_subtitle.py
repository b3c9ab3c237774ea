"""add a subtitle

Downgrade loses: every subtitle.
"""

import sqlalchemy as sa
from alembic import op

revision = "b21"
down_revision = "b20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("subtitle", sa.String(300), nullable=True))


def downgrade() -> None:
    op.drop_column("posts", "subtitle")
