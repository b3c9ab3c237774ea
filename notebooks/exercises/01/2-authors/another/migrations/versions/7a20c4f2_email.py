"""add the e-mail address of an author"""

import sqlalchemy as sa
from alembic import op

revision = "7a20c4f2"
down_revision = "7a20c4f1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authors", sa.Column("email", sa.String(254)))


def downgrade() -> None:
    op.drop_column("authors", "email")
