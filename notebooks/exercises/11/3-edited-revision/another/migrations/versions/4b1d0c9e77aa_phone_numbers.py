"""phone numbers

Downgrade loses: the numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "4b1d0c9e77aa"
down_revision = "0002"


def upgrade():
    with op.batch_alter_table("customers") as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String()))


def downgrade():
    with op.batch_alter_table("customers") as batch_op:
        batch_op.drop_column("phone")
