"""add first and last name

Why: a letter begins with the first name, and a list is sorted by the last one. The names themselves come with
the next revision.

Downgrade loses: both names of everybody. The next revision puts them back into `name` first.
"""

import sqlalchemy as sa
from alembic import op

revision = "b15"
down_revision = "b14"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("first_name", sa.String(100), server_default="", nullable=False))
    op.add_column("users", sa.Column("last_name", sa.String(100), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("users", "last_name")
    op.drop_column("users", "first_name")
