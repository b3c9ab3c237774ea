"""fill repeats and changes, both in one walk over the tasks

Why: a title has to be read before the history can say it. Two hundred tasks at a time: find the notes, write
those tasks and no others, then one change for each. Who has one already (from an earlier upgrade) gets none.

Downgrade loses: nothing. The notes stand in the titles again; the changes go only with their table.

Revision ID: 8b24f06e91ad
Revises: 3d1c9a70b5e2
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "8b24f06e91ad"
down_revision = "3d1c9a70b5e2"
branch_labels = None
depends_on = None

STEP = 200
WORDS = {"daily": 1, "weekly": 7}


def upgrade():
    connection = op.get_bind()
    for tasks in walk(connection):
        for task in tasks:
            rest, days = parse(task.title)
            if days:
                connection.execute(
                    sa.text("UPDATE tasks SET title = :rest, repeat_every = :days WHERE id = :id"),
                    {"id": task.id, "rest": rest, "days": days},
                )
        connection.execute(
            sa.text(
                "INSERT INTO changes (task_id, changed_at, field, new) "
                "SELECT id, created_at, 'created', title FROM tasks "
                "WHERE id BETWEEN :first AND :last "
                "AND NOT EXISTS (SELECT 1 FROM changes WHERE task_id = tasks.id)"
            ),
            {"first": tasks[0].id, "last": tasks[-1].id},
        )


def downgrade():
    connection = op.get_bind()
    for tasks in walk(connection):
        connection.execute(
            sa.text(
                "UPDATE tasks "
                "SET title = title || ' (every ' || repeat_every || ' days)', repeat_every = NULL "
                "WHERE repeat_every IS NOT NULL AND id BETWEEN :first AND :last"
            ),
            {"first": tasks[0].id, "last": tasks[-1].id},
        )


def walk(connection):
    found = sa.text("SELECT id, title FROM tasks WHERE id > :after ORDER BY id LIMIT :step")
    tasks = connection.execute(found, {"after": 0, "step": STEP}).all()
    while tasks:
        yield tasks
        tasks = connection.execute(found, {"after": tasks[-1].id, "step": STEP}).all()


def parse(title):
    """('Water the plants', 3) of 'Water the plants (every 3 days)'; 0 days where nothing can be read."""
    rest, bracket, note = title.rstrip(" ").rpartition("(")
    rest, inside = rest.rstrip(" "), note[:-1].strip(" ").lower()
    if not (bracket and rest and note.endswith(")")):
        return title, 0
    every = re.fullmatch("every +([0-9]{1,4}) +days?", inside)
    return rest, int(every[1]) if every else WORDS.get(inside, 0)
