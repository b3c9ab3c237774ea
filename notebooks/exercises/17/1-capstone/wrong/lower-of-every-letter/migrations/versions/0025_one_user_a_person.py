"""make one user of one person

Why: "Ana" and "ana " both have tasks, and nobody knows whom to assign. Users with the same name, or the same
email, but for case and spaces become the one with the lowest id. Who is whom is found out in Python: Ana may
be Anna by her email, and Anna Annie by her name. Then two unique indexes, so that it cannot come again.

Merge and indexes are one transaction, and on PostgreSQL it locks `users` first, so that nobody comes between
them. `tasks` is not locked: whoever gives a task to a user that goes waits, everybody else works.

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

FOLDED = {"sqlite": "lower(ltrim(rtrim({})))", "postgresql": 'lower(ltrim(rtrim({})))'}
SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

users = sa.table(
    "users", sa.column("id", sa.Integer), sa.column("username", sa.String), sa.column("email", sa.String)
)
profiles = sa.table(
    "profiles",
    sa.column("id", sa.Integer),
    sa.column("user_id", sa.Integer),
    sa.column("full_name", sa.String),
    sa.column("about", sa.Text),
)
tasks = sa.table("tasks", sa.column("owner_id", sa.Integer))


def upgrade() -> None:
    dialect = op.get_context().dialect.name
    if dialect == "postgresql":
        op.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
    found = people()
    for person in found:
        merge_profiles([user.id for user in person])
    merge_users(found)
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
    """The users of each person who has several; the first of them has the lowest id."""
    known = op.get_bind().execute(sa.select(users).order_by(users.c.id)).all()
    same_as = {user.id: user.id for user in known}  # a user with a lower id, or the user

    def first(id_):
        while same_as[id_] != id_:
            id_ = same_as[id_]
        return id_

    seen = {}
    for user in known:
        for name in [("username", fold(user.username)), ("email", fold(user.email))]:
            if name != ("email", ""):
                one, other = first(user.id), first(seen.setdefault(name, user.id))
                same_as[max(one, other)] = min(one, other)
    persons = {}
    for user in known:
        persons.setdefault(first(user.id), []).append(user)
    return [person for person in persons.values() if len(person) > 1]


def merge_profiles(ids: list[int]) -> None:
    """Give the first user the first profile there is, its gaps filled from the others, and delete those."""
    connection = op.get_bind()
    query = sa.select(profiles).where(profiles.c.user_id.in_(ids)).order_by(profiles.c.user_id)
    found = connection.execute(query).all()
    if not found:
        return
    # On SQLite foreign keys are off while a migration runs, so no CASCADE deletes a profile here.
    connection.execute(sa.delete(profiles).where(profiles.c.id.in_([each.id for each in found[1:]])))
    values = {
        "user_id": ids[0],
        "full_name": next((each.full_name for each in found if each.full_name), found[0].full_name),
        "about": next((each.about for each in found if each.about), found[0].about),
    }
    connection.execute(sa.update(profiles).where(profiles.c.id == found[0].id).values(values))


def merge_users(found) -> None:
    """Give tasks and email of each person to the first of their users, and delete the others."""
    gone = {user.id: person[0].id for person in found for user in person[1:]}
    if not gone:
        return
    connection = op.get_bind()
    # Nobody gives a task to a user that goes, or it would lose its owner below. (SQLite lets nobody in.)
    connection.execute(sa.select(users.c.id).where(users.c.id.in_(gone)).with_for_update()).all()
    for person in found:
        email = next((user.email for user in person if fold(user.email)), person[0].email)
        connection.execute(sa.update(users).where(users.c.id == person[0].id).values(email=email))
    owner = tasks.c.owner_id
    connection.execute(sa.update(tasks).where(owner.in_(gone)).values(owner_id=sa.case(gone, value=owner)))
    connection.execute(sa.delete(users).where(users.c.id.in_(gone)))
    log.warning("upgrade 0025 merges users, and does not keep who they were (users gone: %d)", len(gone))
