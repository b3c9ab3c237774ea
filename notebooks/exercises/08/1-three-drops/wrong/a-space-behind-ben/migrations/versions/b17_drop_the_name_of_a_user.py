"""drop the name of a user

Why: first and last name have taken its place. Whom an old program has written since, who has a `name` and no
first name, is split by the rule of b16 before the column goes.

Downgrade loses: how `name` was written, if that was not first name, space, last name. It is put together from
both.
"""

import sqlalchemy as sa
from alembic import op

revision = "b17"
down_revision = "b16"
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
    late = sa.select(users.c.id, users.c.name).where(users.c.first_name.is_(None))
    for user in connection.execute(late).all():
        first, last = split(user.name)
        connection.execute(
            sa.update(users).where(users.c.id == user.id).values(first_name=first, last_name=last)
        )
    op.drop_column("users", "name")


def downgrade() -> None:
    op.add_column("users", sa.Column("name", sa.String(100), nullable=True))
    connection = op.get_bind()
    for user in connection.execute(sa.select(users)).all():
        name = f"{user.first_name} {user.last_name or ''}"
        connection.execute(sa.update(users).where(users.c.id == user.id).values(name=name))
    with op.batch_alter_table("users") as batch:
        batch.alter_column("name", existing_type=sa.String(100), nullable=False)


def split(name: str) -> tuple[str, str | None]:
    """First and last name; the last is None when there is only one word."""
    first, _, last = name.strip().rpartition(" ")
    return (first, last) if first else (last, None)
