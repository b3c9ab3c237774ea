"""postalcode may be NULL

An empty text is what a downgrade makes of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "d0a1"
down_revision = "b24"


def address(postalcode):
    return sa.Table(
        "address",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, nullable=False),
        sa.Column("address1", sa.String, nullable=False),
        sa.Column("city", sa.String, nullable=False),
        sa.Column("state", sa.String),
        sa.Column("country", sa.String, nullable=False),
        postalcode,
        sa.Column("label", sa.String(length=50)),
    )


before = address(sa.Column("postalcode", sa.String, nullable=False))
after = address(sa.Column("postalcode", sa.String))


def upgrade():
    with op.batch_alter_table("address", copy_from=before, recreate="always") as batch_op:
        batch_op.alter_column("postalcode", nullable=True, existing_type=sa.String)


def downgrade():
    op.execute(sa.update(after).where(after.c.postalcode.is_(None)).values(postalcode=""))
    with op.batch_alter_table("address", copy_from=after, recreate="always") as batch_op:
        batch_op.alter_column("postalcode", nullable=False, existing_type=sa.String)
