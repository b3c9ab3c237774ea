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
    change_rule("CASCADE")


NAMES = ("address_users_fk", "users_address_fk")


def change_rule(ondelete: str) -> None:
    old, new = NAMES if ondelete == "SET NULL" else NAMES[::-1]
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint(old, type_="foreignkey")
        batch.create_foreign_key(new, "address", ["address_id"], ["id"], ondelete=ondelete)
