"""drop the second line of an address

The way up loses: every second line. It says how many there are.

Downgrade loses: nothing more. The column comes back empty.
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "b18"
down_revision = "b17"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    lost = op.get_bind().scalar(sa.text("SELECT count(address2) FROM address"))
    if lost:
        log.warning("upgrade b18 loses the second line of an address (address2: %d)", lost)
    op.drop_column("address", "address2")


def downgrade() -> None:
    op.add_column("address", sa.Column("address2", sa.String(), nullable=True))
    op.execute("UPDATE address SET address2 = 'unknown'")
