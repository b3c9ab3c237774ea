"""whoever loses an address stays: the key again, with SET NULL"""

from alembic import op

revision = "80e3"
down_revision = "80e2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_foreign_key("address_users_fk", "address", ["address_id"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint("address_users_fk", type_="foreignkey")
