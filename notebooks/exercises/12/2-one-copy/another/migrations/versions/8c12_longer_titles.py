"""longer titles, and no negative readers"""

import sqlalchemy as sa
from alembic import op

revision = "8c12"
down_revision = "8c11"


def upgrade():
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_check_constraint("readers_not_negative", "NOT readers < 0")
        batch_op.alter_column("title", type_=sa.String(length=300))


def downgrade():
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.alter_column("title", type_=sa.String(length=200))
        batch_op.drop_constraint(op.f("ck_posts_readers_not_negative"))
