"""refuse a post without a title"""

import sqlalchemy as sa
from alembic import op

revision = "80e1"
down_revision = "b10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("posts", recreate="always") as batch_op:
        batch_op.create_check_constraint("title_not_empty", sa.text("title <> ''"))


def downgrade() -> None:
    with op.batch_alter_table("posts", recreate="always") as batch_op:
        batch_op.drop_constraint("title_not_empty", type_="check")
