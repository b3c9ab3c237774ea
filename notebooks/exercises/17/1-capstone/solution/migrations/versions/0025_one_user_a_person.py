"""make one user of one person

Why: "Ana" and "ana " both have tasks, and nobody knows whom to assign. Users with the same name, or the same
email, but for case and spaces become the one with the lowest id. Who is whom is found out in Python: Ana may
be Anna by her email, and Anna Annie by her name. Then two unique indexes, so that it cannot come again.

All of it is one transaction, and on PostgreSQL it locks `users` first: whoever came between the merge and the
index would make the index fail. Tasks can be read and written all the while.

On PostgreSQL, lower() folds as the server's language does; with the collation "C" only A to Z, as SQLite.

Downgrade loses: nothing more. It lifts the rule; who was merged stays merged, and the upgrade has said so.

Revision ID: 0025
Revises: 0024
"""

import logging
import string

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")

FOLDED = {"sqlite": "lower(trim({}))", "postgresql": 'lower(trim({}) COLLATE "C")'}
SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

users = sa.table("users", sa.column("id", sa.Integer), sa.column("username"), sa.column("email"))
profiles = sa.table(
    "profiles",
    sa.column("id", sa.Integer),
    sa.column("user_id", sa.Integer),
    sa.column("full_name", sa.String),
    sa.column("about", sa.Text),
)


def upgrade() -> None:
    dialect = op.get_context().dialect.name
    if dialect == "postgresql":
        op.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
    for person in people():
        merge_profiles([user.id for user in person])
        merge_emails(person)
    merge_users({user.id: person[0].id for person in people() for user in person[1:]})
    folded = FOLDED[dialect].format
    username, email = sa.text(folded("username")), sa.text(f"nullif({folded('email')}, '')")
    op.create_index(op.f("uq_users_same_username"), "users", [username], unique=True)
    op.create_index(op.f("uq_users_same_email"), "users", [email], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("uq_users_same_email"), table_name="users")
    op.drop_index(op.f("uq_users_same_username"), table_name="users")


def fold(text: str | None) -> str:
    """What all spellings of a name or an email have in common; empty where there is none."""
    return (text or "").strip(" ").translate(SMALL)


def people():
    """The users of each person who has several, in the order of their ids."""
    person_of = {}  # what a user is called, to the list of all users of that person
    for user in op.get_bind().execute(sa.select(users).order_by(users.c.id)):
        keys = [("username", fold(user.username))]
        if fold(user.email):
            keys.append(("email", fold(user.email)))
        together = [user]
        for known in {id(person_of[key]): person_of[key] for key in keys if key in person_of}.values():
            together += known
        called = [key for key, known in person_of.items() if any(user in together for user in known)]
        person_of.update(dict.fromkeys([*called, *keys], sorted(together, key=lambda user: user.id)))
    found = {id(person): person for person in person_of.values()}
    return [person for person in found.values() if len(person) > 1]
