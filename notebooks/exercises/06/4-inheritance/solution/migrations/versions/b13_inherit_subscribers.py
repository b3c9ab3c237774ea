"""the subscribers of years ago

Downgrade loses: the subscribers.
"""

from alembic import op

revision = "b13"
down_revision = "b12"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE legacy_subscribers (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR NOT NULL, UNIQUE (email))"
    )
    op.execute("INSERT INTO legacy_subscribers (id, email) VALUES (1, 'ana@example.org')")
    op.execute("INSERT INTO legacy_subscribers (id, email) VALUES (2, 'ben@example.org')")


def downgrade() -> None:
    op.execute("DROP TABLE legacy_subscribers")
