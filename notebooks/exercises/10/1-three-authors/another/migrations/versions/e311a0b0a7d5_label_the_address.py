"""give an address a label, such as "home" or "office"

Revision ID: e311a0b0a7d5
Revises: f00dfeed1234
"""

import sqlalchemy as sa
from alembic import op

revision = "e311a0b0a7d5"
down_revision = "f00dfeed1234"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("address", sa.Column("label", sa.String(50), nullable=True))


def downgrade() -> None:
    op.drop_column("address", "label")
