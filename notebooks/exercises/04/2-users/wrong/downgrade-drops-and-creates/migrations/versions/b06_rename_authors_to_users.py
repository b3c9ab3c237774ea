"""rename authors to users"""

import sqlalchemy as sa
from alembic import op

revision = "b06"
down_revision = "b05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("authors", "users")


def downgrade() -> None:
    op.drop_table("users")
    op.create_table(
        "authors",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("phone_number", sa.String(), nullable=True),
    )
