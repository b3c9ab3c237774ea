"""one person, one user

Why: two spellings of a name are two users, and their tasks are apart. They become one, and a unique index on
what the spellings have in common keeps it so. Everything that a user was goes to merged_users, the one who
stays included, and whose a task was to merged_tasks.

What two spellings have in common is the same expression everywhere, in the index too: 26 times replace(). It
looks silly, but lower() means A to Z on SQLite and every letter of the world on many a PostgreSQL.

Downgrade loses: nothing. Every user comes back, with profile and tasks; only where somebody else is called so
by now, with a number behind the name. What was changed since the merge stays changed.

Revision ID: f92a6b1e84c7
Revises: c05e7d3a1f48
"""

import string

import sqlalchemy as sa
from alembic import op

revision = "f92a6b1e84c7"
down_revision = "c05e7d3a1f48"
branch_labels = None
depends_on = None


def folded(column):
    text = f"ltrim(rtrim({column}))"
    for letter in string.ascii_uppercase:
        text = f"replace({text}, '{letter}', '{letter.lower()}')"
    return text


NAME = folded("username")
EMAIL = f"nullif({folded('email')}, '')"


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("LOCK TABLE users, profiles IN SHARE ROW EXCLUSIVE MODE")
    find_persons()
    keep_what_was()
    if op.get_bind().dialect.name == "postgresql":  # from here on nobody gives a task to a user that goes
        op.execute(
            "SELECT 1 FROM users WHERE id IN (SELECT id FROM merged_users WHERE id <> kept_id) FOR UPDATE"
        )
    keep_whose_tasks()
    op.execute("""
        UPDATE tasks SET owner_id = (SELECT kept_id FROM merged_users WHERE merged_users.id = owner_id)
        WHERE id IN (SELECT task_id FROM merged_tasks)""")
    op.execute("DELETE FROM profiles WHERE user_id IN (SELECT id FROM merged_users WHERE id <> kept_id)")
    op.execute("DELETE FROM users WHERE id IN (SELECT id FROM merged_users WHERE id <> kept_id)")
    give_to_the_kept()
    op.create_index("ux_users_person", "users", [sa.text(NAME)], unique=True)
    op.create_index("ux_users_mailbox", "users", [sa.text(EMAIL)], unique=True)


def downgrade():
    op.drop_index("ux_users_mailbox", table_name="users")
    op.drop_index("ux_users_person", table_name="users")
    take_from_the_kept()
    bring_back()
    op.execute("DELETE FROM merged_tasks")
    op.execute("DELETE FROM merged_users")


def find_persons():
    """A table of all users: each begins as a person, and takes the lowest number of who is the same."""
    op.execute(
        f"CREATE TEMPORARY TABLE persons AS SELECT id, id AS kept_id, {NAME} AS n, {EMAIL} AS e FROM users"
    )
    lowest = (
        "(SELECT min(other.kept_id) FROM persons AS other WHERE other.n = persons.n OR other.e = persons.e)"
    )
    spread = sa.text(f"UPDATE persons SET kept_id = {lowest} WHERE kept_id > {lowest}")
    while op.get_bind().execute(spread).rowcount:
        pass


def keep_what_was():
    op.execute("""
        INSERT INTO merged_users
            (id, kept_id, username, email, created_at, full_name, about, profile_created_at)
        SELECT users.id, kept_id, username, email, users.created_at, full_name, about, profiles.created_at
        FROM users JOIN persons ON persons.id = users.id LEFT JOIN profiles ON profiles.user_id = users.id
        WHERE kept_id IN (SELECT kept_id FROM persons WHERE id <> kept_id)""")
    op.execute("DROP TABLE persons")


def keep_whose_tasks():
    op.execute("""
        INSERT INTO merged_tasks (task_id, user_id)
        SELECT tasks.id, owner_id FROM tasks JOIN merged_users ON merged_users.id = owner_id
        WHERE owner_id <> kept_id""")


def merged():
    """Of each person, the rows of merged_users; first the one of the user who stayed."""
    persons = {}
    for row in op.get_bind().execute(sa.text("SELECT * FROM merged_users ORDER BY kept_id, id")).mappings():
        persons.setdefault(row["kept_id"], []).append(row)
    return persons.values()


def what_it_gets(person):
    """Email, name and text of the first of them who has one; and since when there is a profile."""
    own = person[0]
    with_profile = [row for row in person if row["profile_created_at"] is not None]
    return {
        "id": own["id"],
        "email": next((row["email"] for row in person if (row["email"] or "").strip(" ")), own["email"]),
        "full_name": next((row["full_name"] for row in with_profile if row["full_name"]), own["full_name"]),
        "about": next((row["about"] for row in with_profile if row["about"]), own["about"]),
        "since": with_profile[0]["profile_created_at"] if with_profile else None,
    }


def give_to_the_kept():
    for person in merged():
        gets = what_it_gets(person)
        run("UPDATE users SET email = :email WHERE id = :id", **gets)
        if person[0]["profile_created_at"]:
            run("UPDATE profiles SET full_name = :full_name, about = :about WHERE user_id = :id", **gets)
        elif gets["since"]:
            run(
                "INSERT INTO profiles (user_id, full_name, about, created_at) "
                "VALUES (:id, :full_name, :about, :since)",
                **gets,
            )


def take_from_the_kept():
    """Give back what it got from the others, unless somebody has changed it since."""
    for person in merged():
        own, got = person[0], what_it_gets(person)
        for table, key, column in [
            ("users", "id", "email"),
            ("profiles", "user_id", "full_name"),
            ("profiles", "user_id", "about"),
        ]:
            if got[column] != own[column]:
                run(
                    f"UPDATE {table} SET {column} = :own WHERE {key} = :id AND {column} = :got",
                    own=own[column], got=got[column], id=own["id"],
                )  # fmt: skip
        if got["since"] and not own["profile_created_at"]:
            run("DELETE FROM profiles WHERE user_id = :id AND full_name IS NULL AND about IS NULL", **got)


def bring_back():
    connection = op.get_bind()
    ids = set(connection.scalars(sa.text("SELECT id FROM users")))
    names = set(connection.scalars(sa.text("SELECT username FROM users")))
    for person in merged():
        for row in person[1:]:
            id_ = row["id"] if row["id"] not in ids else max(ids) + 1
            free = (
                row["username"] + suffix
                for suffix in ["", *(f"-{number}" for number in range(2, len(names) + 3))]
            )
            name = next(name for name in free if name not in names)
            ids.add(id_)
            names.add(name)
            values = {**row, "was": row["id"], "id": id_, "username": name}
            run(
                "INSERT INTO users (id, username, email, created_at) "
                "VALUES (:id, :username, :email, :created_at)",
                **values,
            )
            if row["profile_created_at"]:
                run(
                    "INSERT INTO profiles (user_id, full_name, about, created_at) "
                    "VALUES (:id, :full_name, :about, :profile_created_at)",
                    **values,
                )
            run(
                "UPDATE tasks SET owner_id = :id WHERE owner_id = :kept_id "
                "AND id IN (SELECT task_id FROM merged_tasks WHERE user_id = :was)",
                **values,
            )


def run(statement, **values):
    statement = sa.text(statement)
    wanted = statement._bindparams
    op.get_bind().execute(statement, {key: values[key] for key in wanted})
