"""take payments"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("orders", sa.Column("paid", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
    )
    op.add_column("customers", sa.Column("phone", sa.String())


def downgrade() -> None:
    op.drop_column("customers", "phone")
    op.drop_table("payments")
    op.drop_column("orders", "paid")
