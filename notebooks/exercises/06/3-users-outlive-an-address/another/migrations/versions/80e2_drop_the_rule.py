"""drop the key from users to address, which deletes people"""

from alembic import op

revision = "80e2"
down_revision = "b11"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint("address_users_fk", type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_foreign_key("address_users_fk", "address", ["address_id"], ["id"], ondelete="CASCADE")
