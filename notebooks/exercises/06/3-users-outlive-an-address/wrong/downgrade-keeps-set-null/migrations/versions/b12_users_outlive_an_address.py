"""users outlive an address

Downgrade loses: nothing.
"""

from alembic import op

revision = "b12"
down_revision = "b11"
branch_labels = None
depends_on = None


def upgrade() -> None:
    change_rule("SET NULL")


def downgrade() -> None:
    change_rule("SET NULL")


def change_rule(ondelete: str) -> None:
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint("address_users_fk", type_="foreignkey")
        batch.create_foreign_key("address_users_fk", "address", ["address_id"], ["id"], ondelete=ondelete)
