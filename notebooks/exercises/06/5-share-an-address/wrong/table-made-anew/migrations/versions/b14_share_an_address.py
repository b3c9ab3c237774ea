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
    op.execute("DROP TABLE legacy_subscribers")
    op.execute("CREATE TABLE legacy_subscribers (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR NOT NULL)")


def downgrade() -> None:
    with op.batch_alter_table("legacy_subscribers") as batch:
        batch.create_unique_constraint(op.f("uq_legacy_subscribers_email"), ["email"])
