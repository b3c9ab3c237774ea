"""add the phone

Why: the app asks for it. It stood in 0002 for a while, after that had run.

Downgrade loses: every number.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("phone", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("customers", "phone")
