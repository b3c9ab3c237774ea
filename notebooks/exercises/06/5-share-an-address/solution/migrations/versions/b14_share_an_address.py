"""subscribers may share an address

Why: on SQLite the rule has no name, so the convention names it while the table is read. PostgreSQL has given it
a name by itself when the table was made.

Downgrade loses: nothing. It makes the rule again, which fails while two subscribers share an address.
"""

from alembic import op

revision = "b14"
down_revision = "b13"
branch_labels = None
depends_on = None

NAMING = {"uq": "uq_%(table_name)s_%(column_0_name)s"}


def upgrade() -> None:
    with op.batch_alter_table("legacy_subscribers", naming_convention=NAMING) as batch:
        batch.drop_constraint(name_of_the_rule(), type_="unique")


def downgrade() -> None:
    with op.batch_alter_table("legacy_subscribers") as batch:
        batch.create_unique_constraint(name_of_the_rule(), ["email"])


def name_of_the_rule() -> str:
    if op.get_context().dialect.name == "postgresql":
        return op.f("legacy_subscribers_email_key")
    return op.f("uq_legacy_subscribers_email")
