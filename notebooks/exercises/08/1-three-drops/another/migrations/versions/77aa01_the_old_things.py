"""the second line of an address and the old subscribers go

What goes is said as a warning. The downgrade brings the column and the table back, both without a value.
"""
import logging

import sqlalchemy as sa
from alembic import op

revision = "77aa01"
down_revision = "b16"

logger = logging.getLogger("alembic.runtime.migration")
address = sa.table("address", sa.column("address2"))
subscribers = sa.table("legacy_subscribers", sa.column("id"))


def upgrade():
    bind = op.get_bind()
    lines = bind.scalar(sa.select(sa.func.count()).where(address.c.address2.is_not(None)))
    people = bind.scalar(sa.select(sa.func.count()).select_from(subscribers))
    logger.warning("%s second lines and %s subscribers are lost for ever", lines, people)
    with op.batch_alter_table("address") as batch:
        batch.drop_column("address2")
    op.drop_table("legacy_subscribers")


def downgrade():
    op.execute("CREATE TABLE legacy_subscribers (id INTEGER NOT NULL, email VARCHAR NOT NULL, PRIMARY KEY (id))")
    with op.batch_alter_table("address") as batch:
        batch.add_column(sa.Column("address2", sa.String()))
