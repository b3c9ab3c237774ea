"""a title says something

Downgrade loses: nothing. It lifts the rule.
"""

import sqlalchemy as sa
from alembic import op

revision = "b11"
down_revision = "b10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
