"""the owner of a post is a user

With the user go the posts: ON DELETE CASCADE.
"""

from alembic import op

revision = "60d2"
down_revision = "60d1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("posts") as batch_op:
        batch_op.create_foreign_key("posts_belong_to_users", "users", ["owner_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_constraint("posts_belong_to_users", type_="foreignkey")
