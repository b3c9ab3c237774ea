"""drop the subscribers of years ago

The way up loses: every subscriber. It says how many there are.

Downgrade loses: nothing more. The table comes back empty, as b14 left it: two may share an address.
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "b19"
down_revision = "b18"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM legacy_subscribers"))
    if lost:
        log.info("upgrade b19 loses the subscribers (legacy_subscribers: %d)", lost)
    op.drop_table("legacy_subscribers")


def downgrade() -> None:
    op.create_table(
        "legacy_subscribers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(), nullable=False),
    )
