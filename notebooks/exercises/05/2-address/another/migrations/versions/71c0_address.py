"""create address: where a user lives

A postal code is a text: 0129 begins with a zero, and HU1 1AA holds letters.

Downgrade loses: all addresses.
"""

import sqlalchemy as sa
from alembic import op

revision = "71c0"
down_revision = "b07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    def words(name: str, length: int | None = None, *, optional: bool = False) -> sa.Column[str]:
        return sa.Column(name, sa.String(length), nullable=optional)

    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        words("country"),
        words("postalcode", 16),
        words("city"),
        words("state", optional=True),
        words("address1", 200),
        words("address2", optional=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
    )


def downgrade() -> None:
    op.drop_table("address")
