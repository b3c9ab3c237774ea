"""add the address of a user

Downgrade loses: who lives where.
"""

import sqlalchemy as sa
from alembic import op

revision = "b09"
down_revision = "b08"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("address_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("address_users_fk", "users", ["address_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint("address_users_fk", type_="foreignkey")
        batch.drop_column("address_id")
