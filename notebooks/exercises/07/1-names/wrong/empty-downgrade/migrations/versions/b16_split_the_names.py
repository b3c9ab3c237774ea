"""split the names

Why: the last word of a name is the last name, all before it is the first name. A name of one word is a first
name. `name` stays, because other programs still read it.

Downgrade loses: where the first name ends. It puts `name` together again from both, because that is where
names have been changed since; a row without a first name keeps the `name` that it has.
"""

import sqlalchemy as sa
from alembic import op

revision = "b16"
down_revision = "b15"
branch_labels = None
depends_on = None

users = sa.table(
    "users",
    sa.column("id", sa.Integer),
    sa.column("name", sa.String),
    sa.column("first_name", sa.String),
    sa.column("last_name", sa.String),
)


def upgrade() -> None:
    connection = op.get_bind()
    for user in connection.execute(sa.select(users.c.id, users.c.name)).all():
        first, last = split(user.name)
        connection.execute(
            sa.update(users).where(users.c.id == user.id).values(first_name=first, last_name=last)
        )


def downgrade() -> None:
    pass


def split(name: str) -> tuple[str, str | None]:
    """First and last name; the last is None when there is only one word."""
    first, _, last = name.strip().rpartition(" ")
    return (first, last) if first else (last, None)
