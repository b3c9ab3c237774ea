"""retire the category

Why: tags do all that a category did. Somebody may have set a category since 0012, so those become tags
here too, by the same rules; until now the category was the truth, so a tag that was taken off a task
comes back when its category stayed. How every category was written is kept in `retired_category`, and
only then the column goes: what is copied first can be brought back.

0012 is history and may not be imported, so what it does to words stands here once more.

Downgrade loses: nothing. Every category comes back as it was written, and the tags stay.

Revision ID: 0013
Revises: 0012
"""

import logging
import unicodedata
from collections import Counter

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")

BATCH = 50_000

tasks = sa.table("tasks", sa.column("id", sa.Integer), sa.column("category", sa.String))
tags = sa.table(
    "tags", sa.column("id", sa.Integer), sa.column("name", sa.String), sa.column("folded", sa.String)
)


def upgrade() -> None:
    if op.get_context().as_sql:
        raise CommandError(
            "0013 folds words in Python, so it cannot be written as SQL: run it on the database"
        )
    connection = op.get_bind()
    spellings = read_spellings(connection)
    make_tags(connection, spellings)
    link_tasks(connection, list(spellings))
    create_retired_category()
    op.execute("INSERT INTO retired_category SELECT id, category FROM tasks WHERE category IS NOT NULL")
    op.drop_column("tasks", "category")


def downgrade() -> None:
    op.add_column("tasks", sa.Column("category", sa.String(), nullable=True))
    op.execute("""
        UPDATE tasks SET category = retired_category.category FROM retired_category
        WHERE retired_category.task_id = tasks.id""")
    op.drop_table("retired_category")


def create_retired_category() -> None:
    op.create_table(
        "retired_category",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task_id"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_retired_category_task_id_tasks"), ondelete="CASCADE"
        ),
    )


def tidy(text: str) -> str:
    """The same words with one space between them."""
    visible = text.translate(dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff")))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def fold(text: str) -> str:
    """What all spellings of a word have in common; empty when there is no word."""
    folded = unicodedata.normalize("NFKC", tidy(text)).casefold()
    # "İ" becomes an i with a dot above it; to a reader that is an i.
    return " ".join(unicodedata.normalize("NFKC", folded).replace("i\u0307", "i").split())


def read_spellings(connection: sa.Connection) -> dict[str, int]:
    """Every category as it stands in the table, with its number of tasks; the first task's comes first."""
    query = (
        sa.select(tasks.c.category, sa.func.count())
        .where(tasks.c.category.is_not(None))
        .group_by(tasks.c.category)
        .order_by(sa.func.min(tasks.c.id))
    )
    return {category: count for category, count in connection.execute(query) if fold(category)}


def make_tags(connection: sa.Connection, spellings: dict[str, int]) -> None:
    """Make the tags that are not there yet, each called as most of its tasks spell it."""
    votes: dict[str, Counter[str]] = {}
    for category, count in spellings.items():
        votes.setdefault(fold(category), Counter())[tidy(category)] += count
    known = set(connection.scalars(sa.select(tags.c.folded)))
    new = [
        {"name": names.most_common(1)[0][0], "folded": folded}
        for folded, names in votes.items()
        if folded not in known
    ]
    if new:
        connection.execute(sa.insert(tags), new)
    log.info("%d spellings of categories are %d tags, %d of them new", len(spellings), len(votes), len(new))


def link_tasks(connection: sa.Connection, spellings: list[str]) -> None:
    """Give every task the tag of its category, in batches of ids, and say how far it is."""
    ids = {folded: id_ for id_, folded in connection.execute(sa.select(tags.c.id, tags.c.folded))}
    op.execute(
        "CREATE TEMPORARY TABLE spelling (category VARCHAR NOT NULL PRIMARY KEY, tag_id INTEGER NOT NULL)"
    )
    spelling = sa.table("spelling", sa.column("category", sa.String), sa.column("tag_id", sa.Integer))
    if spellings:
        rows = [{"category": category, "tag_id": ids[fold(category)]} for category in spellings]
        connection.execute(sa.insert(spelling), rows)
    ends = sa.select(sa.func.min(tasks.c.id) - 1, sa.func.max(tasks.c.id))
    start, highest = connection.execute(ends).one()
    done = 0
    while highest is not None and start < highest:
        batch = sa.select(tasks.c.id).where(tasks.c.id > start).order_by(tasks.c.id).limit(BATCH).subquery()
        end, size = connection.execute(sa.select(sa.func.max(batch.c.id), sa.func.count())).one()
        linked = connection.execute(
            sa.text("""
                INSERT INTO task_tags (task_id, tag_id)
                SELECT tasks.id, spelling.tag_id FROM tasks JOIN spelling USING (category)
                WHERE tasks.id > :start AND tasks.id <= :end
                ON CONFLICT DO NOTHING"""),
            {"start": start, "end": end},
        )
        start, done = end, done + size
        log.info("%d tasks read, %d links made in this batch", done, linked.rowcount)
    op.execute("DROP TABLE spelling")
