"""subscribers, as they were kept before there were migrations

Downgrade loses: all of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "80e4"
down_revision = "b12"
branch_labels = None
depends_on = None

subscribers = sa.table("legacy_subscribers", sa.column("id", sa.Integer), sa.column("email", sa.String))


def upgrade() -> None:
    op.execute("""
        CREATE TABLE legacy_subscribers (
            id INTEGER NOT NULL PRIMARY KEY,
            email VARCHAR NOT NULL UNIQUE
        )""")
    op.bulk_insert(
        subscribers, [{"id": 1, "email": "eve@example.org"}, {"id": 2, "email": "finn@example.org"}]
    )


def downgrade() -> None:
    op.drop_table("legacy_subscribers")
