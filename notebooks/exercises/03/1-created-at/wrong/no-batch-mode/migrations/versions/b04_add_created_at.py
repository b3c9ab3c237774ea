"""add the time at which a post was written

Why: "now" is no constant, so SQLite adds such a column only by copying the table.

Downgrade loses: when each post was written.
"""

import sqlalchemy as sa
from alembic import op

revision = "b04"
down_revision = "b03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("created_at", sa.DateTime(), server_default=sa.func.now(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.drop_column("created_at")
