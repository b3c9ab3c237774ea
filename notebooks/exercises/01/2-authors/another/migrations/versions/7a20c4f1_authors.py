"""create authors: their names first"""

import sqlalchemy as sa
from alembic import op

revision = "7a20c4f1"
down_revision = "b01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("authors")
