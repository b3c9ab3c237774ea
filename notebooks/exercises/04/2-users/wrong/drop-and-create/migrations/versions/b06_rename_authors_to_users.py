"""rename authors to users"""

import sqlalchemy as sa
from alembic import op

revision = "b06"
down_revision = "b05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("authors")
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone_number", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.rename_table("users", "authors")
