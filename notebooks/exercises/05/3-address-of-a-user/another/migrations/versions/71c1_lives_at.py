"""a user may have an address

Downgrade loses: which user lives where.
"""

import sqlalchemy as sa
from alembic import op

revision = "71c1"
down_revision = "b08"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users", recreate="always") as batch_op:
        batch_op.add_column(
            sa.Column(
                "address_id",
                sa.Integer,
                sa.ForeignKey("address.id", name="address_users_fk", ondelete="CASCADE"),
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("users", recreate="always") as batch_op:
        batch_op.drop_constraint("address_users_fk", type_="foreignkey")
        batch_op.drop_column("address_id")
