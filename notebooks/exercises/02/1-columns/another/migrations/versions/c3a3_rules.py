"""content and published are never NULL any more"""

import sqlalchemy as sa
from alembic import op

revision = "c3a3"
down_revision = "c3a2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.alter_column("content", existing_type=sa.Text(), nullable=False)
        batch.alter_column(
            "published", existing_type=sa.Boolean(), nullable=False, server_default=sa.false()
        )


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.alter_column("published", existing_type=sa.Boolean(), nullable=True, server_default=None)
        batch.alter_column("content", existing_type=sa.Text(), nullable=True)
