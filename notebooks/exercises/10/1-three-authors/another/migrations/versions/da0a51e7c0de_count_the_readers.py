"""count the readers of a post

Revision ID: da0a51e7c0de
Revises: b20
"""

import sqlalchemy as sa
from alembic import op

revision = "da0a51e7c0de"
down_revision = "b20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("readers", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("posts", "readers")
