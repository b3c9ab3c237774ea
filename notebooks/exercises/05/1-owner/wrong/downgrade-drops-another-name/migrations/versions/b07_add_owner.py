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
    with op.batch_alter_table("posts") as batch:
        batch.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_posts_owner_id_users"), "users", ["owner_id"], ["id"], ondelete="CASCADE"
        )


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.drop_column("owner_id")
        batch.drop_constraint(op.f("fk_posts_owner_id_user"), type_="foreignkey")
