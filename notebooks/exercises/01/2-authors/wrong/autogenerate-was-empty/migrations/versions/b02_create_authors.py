"""create table authors"""

import sqlalchemy as sa
from alembic import op

revision = "b02"
down_revision = "b01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
