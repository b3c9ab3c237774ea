"""name goes

The recipe of lesson 02 on the way down: the column comes with a default, gets its values, and then loses the
default. The downgrade loses how the name was written before it was split.
"""
import sqlalchemy as sa
from alembic import op

revision = "77aa02"
down_revision = "77aa01"


def upgrade():
    connection = op.get_bind()
    for number, name in connection.exec_driver_sql("SELECT id, name FROM users WHERE first_name IS NULL").fetchall():
        *first, last = name.split(" ")
        values = {"i": number, "f": " ".join(first) or last, "l": last if first else None}
        connection.execute(sa.text("UPDATE users SET first_name = :f, last_name = :l WHERE id = :i"), values)
    with op.batch_alter_table("users") as batch:
        batch.drop_column("name")


def downgrade():
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("name", sa.String(100), server_default="", nullable=False))
    op.execute("UPDATE users SET name = first_name || coalesce(' ' || last_name, '')")
    with op.batch_alter_table("users") as batch:
        batch.alter_column("name", server_default=None, existing_type=sa.String(100), existing_nullable=False)
