"""say when a post was written, by the recipe

We do not know when the old posts were written: they get the moment of this upgrade, and say so by all having
the same.

Downgrade loses: all of these times.
"""

import sqlalchemy as sa
from alembic import op

revision = "9f04d2"
down_revision = "b03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("created_at", sa.TIMESTAMP(), nullable=True))
    op.execute("UPDATE posts SET created_at = CURRENT_TIMESTAMP")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.alter_column(
            "created_at",
            existing_type=sa.TIMESTAMP(),
            nullable=False,
            server_default=sa.text("CURRENT_TIMESTAMP"),
        )


def downgrade() -> None:
    op.drop_column("posts", "created_at")
