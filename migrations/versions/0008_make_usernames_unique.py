"""make usernames unique

Why: `assign 3 ana` must mean one Ana. The rows may hold several, and a UNIQUE rule refuses to be made
over rows that break it, so they are merged first:

- Users are compared by exact equality of the name; "Ana" and "ana" stay two.
- Those of one name with the same e-mail address, or none, are one person. The lowest id stays; it
  takes the one address there is, the earliest time of creation, and all the tasks.
- Two different addresses are two people. The first keeps the name (and those without an address join
  it), the next becomes ana-2, or the number after the highest that is taken.

Each merge and each new name is one line in the log.

Downgrade loses: nothing more. It lifts the rule; who was merged on the way up stays merged.

Revision ID: 0008
Revises: 0007
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    merge_duplicates()
    with op.batch_alter_table("users", copy_from=users_in_a_script()) as batch:
        batch.create_unique_constraint(op.f("uq_users_username"), ["username"])


def downgrade() -> None:
    with op.batch_alter_table("users", copy_from=users_in_a_script(unique=True)) as batch:
        batch.drop_constraint(op.f("uq_users_username"), type_="unique")


def merge_duplicates() -> None:
    # One row for each user who shares a name: whom it becomes, and what that person is called.
    op.execute("""
        CREATE TEMPORARY TABLE same_name AS
        WITH shared AS (
            SELECT id, username, created_at, email,
                   first_value(email) OVER (
                       PARTITION BY username ORDER BY CASE WHEN email IS NULL THEN 1 ELSE 0 END, id
                   ) AS first_email
            FROM users
            WHERE username IN (SELECT username FROM users GROUP BY username HAVING count(*) > 1)
        ), people AS (
            SELECT id, username, coalesce(email, first_email) AS email,
                   min(id) OVER person AS kept_id, min(created_at) OVER person AS created_at
            FROM shared
            WINDOW person AS (PARTITION BY username, coalesce(email, first_email))
        )
        SELECT id, kept_id, email, created_at, username AS old_name, username AS new_name,
               dense_rank() OVER (PARTITION BY username ORDER BY kept_id) AS place
        FROM people""")
    op.execute("CREATE UNIQUE INDEX same_name_id ON same_name (id)")
    op.execute("UPDATE same_name SET new_name = old_name || '-' || place WHERE place > 1")
    # Where ana-2 is somebody already, the next Ana is ana-3: numbers go on after the highest taken.
    op.execute("""
        UPDATE same_name SET new_name = old_name || '-' || (place + highest - 1)
        FROM (
            SELECT stem, max(CAST(substr(username, length(stem) + 1) AS INTEGER)) AS highest
            FROM (SELECT username, rtrim(username, '0123456789') AS stem FROM users) AS numbered
            WHERE length(username) BETWEEN length(stem) + 1 AND length(stem) + 7
              AND substr(username, length(stem) + 1, 1) <> '0'
            GROUP BY stem
        ) AS taken
        WHERE place > 1 AND stem = old_name || '-'""")
    log_merges()
    op.execute("""
        UPDATE tasks SET owner_id = (SELECT kept_id FROM same_name WHERE same_name.id = owner_id)
        WHERE owner_id IN (SELECT id FROM same_name WHERE id <> kept_id)""")
    op.execute("DELETE FROM users WHERE id IN (SELECT id FROM same_name WHERE id <> kept_id)")
    op.execute("""
        UPDATE users SET (username, email, created_at) = (
            SELECT new_name, same_name.email, same_name.created_at FROM same_name
            WHERE same_name.id = users.id)
        WHERE id IN (SELECT id FROM same_name)""")
    op.execute("DROP TABLE same_name")


def log_merges() -> None:
    if op.get_context().as_sql:
        return
    changed = op.get_bind().execute(
        sa.text("""
            SELECT id, kept_id, old_name, new_name FROM same_name
            WHERE id <> kept_id OR old_name <> new_name ORDER BY id""")
    )
    for id_, kept_id, old_name, new_name in changed:
        if id_ != kept_id:
            log.info("user %d (%s) is the same person as user %d and is merged", id_, old_name, kept_id)
        else:
            log.info("user %d (%s) is another person and becomes %s", id_, old_name, new_name)


def users_in_a_script(*, unique: bool = False) -> sa.Table | None:
    """The table as it is before the step: a script (`--sql`) has no database to look at."""
    if not op.get_context().as_sql:
        return None
    table = sa.Table(
        "users",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("email", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    if unique:
        table.append_constraint(sa.UniqueConstraint("username", name=op.f("uq_users_username")))
    return table
