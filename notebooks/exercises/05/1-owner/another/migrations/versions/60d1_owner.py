"""room for the owner of a post"""

import sqlalchemy as sa
from alembic import op

revision = "60d1"
down_revision = "b06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("owner_id", sa.Integer))


def downgrade() -> None:
    op.drop_column("posts", "owner_id")
