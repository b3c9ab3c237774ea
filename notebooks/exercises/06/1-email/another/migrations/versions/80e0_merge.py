"""users with one e-mail address are one person

The one who came first stays and takes over the posts of the others, who go. NULL is no address, and equal to
nothing.

Downgrade loses: nothing more. Who went does not come back.
"""

import sqlalchemy as sa
from alembic import op

revision = "80e0"
down_revision = "b09"
branch_labels = None
depends_on = None

users = sa.table("users", sa.column("id"), sa.column("email"))
posts = sa.table("posts", sa.column("owner_id"))


def upgrade() -> None:
    connection = op.get_bind()
    first = sa.select(users.c.email, sa.func.min(users.c.id).label("id")).group_by(users.c.email)
    keeps = {email: key for email, key in connection.execute(first) if email is not None}
    everybody = connection.execute(sa.select(users.c.id, users.c.email)).all()
    for double, email in everybody:
        if email is None or double == keeps[email]:
            continue
        connection.execute(sa.update(posts).where(posts.c.owner_id == double).values(owner_id=keeps[email]))
        connection.execute(sa.delete(users).where(users.c.id == double))
    op.create_index("ix_users_email", "users", ["email"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_users_email", "users")
