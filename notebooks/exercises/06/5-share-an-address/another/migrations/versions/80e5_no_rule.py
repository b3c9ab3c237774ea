"""subscribers may share an address: the table made anew

A rule without a name cannot be dropped by its name. So a table without the rule takes over the rows.

Downgrade loses: nothing. It stops when two subscribers share an address by then.
"""

from alembic import op

revision = "80e5"
down_revision = "b13"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_anew("email VARCHAR NOT NULL")


def downgrade() -> None:
    make_anew("email VARCHAR NOT NULL UNIQUE")


def make_anew(email: str) -> None:
    op.execute(f"CREATE TABLE new_subscribers (id INTEGER NOT NULL PRIMARY KEY, {email})")
    op.execute("INSERT INTO new_subscribers (id, email) SELECT id, email FROM legacy_subscribers")
    op.drop_table("legacy_subscribers")
    op.rename_table("new_subscribers", "legacy_subscribers")
