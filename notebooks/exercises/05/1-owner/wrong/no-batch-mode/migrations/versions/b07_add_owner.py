"""add the owner of a post

Downgrade loses: who owns which post.
"""

import sqlalchemy as sa
from alembic import op

revision = "b07"
down_revision = "b06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("owner_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_posts_owner_id_users"), "posts", "users", ["owner_id"], ["id"], ondelete="CASCADE"
    )


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.drop_constraint(op.f("fk_posts_owner_id_users"), type_="foreignkey")
        batch.drop_column("owner_id")
