"""make the postal code optional

Why: some countries have none.

Downgrade loses: which addresses had none. NULL becomes an empty text.
"""

import sqlalchemy as sa
from alembic import op

revision = "b25"
down_revision = "b24"
branch_labels = None
depends_on = None


def address_in_a_script(*, nullable: bool) -> sa.Table | None:
    """The table as it is before the step, which a script cannot look up; online, the database knows better."""
    if not op.get_context().as_sql:
        return None
    return sa.Table(
        "address",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("address1", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("postalcode", sa.String(), nullable=nullable),
        sa.Column("label", sa.String(50), nullable=True),
    )


def upgrade() -> None:
    with op.batch_alter_table("address", copy_from=address_in_a_script(nullable=False)) as batch:
        batch.alter_column("postalcode", existing_type=sa.String(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE address SET postalcode = '' WHERE postalcode IS NULL")
    with op.batch_alter_table("address") as batch:
        batch.alter_column("postalcode", existing_type=sa.String(), nullable=False)
