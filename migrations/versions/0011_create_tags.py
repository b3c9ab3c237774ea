"""create tags and their links to tasks

Why: a task has one category, and people want several words for it. A task may have many tags and a tag
many tasks, so the links are a table of their own. `name` is the tag as somebody wrote it; `folded` is
what its spellings have in common ("Work" and "work " are both `work`), and only `folded` is unique.

Downgrade loses: every tag, and which tasks had it.

Revision ID: 0011
Revises: 0010
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folded", name=op.f("uq_tags_folded")),
    )
    op.create_table(
        "task_tags",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "tag_id"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_tags_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_task_tags_tag_id_tags"), ondelete="CASCADE"
        ),
    )
    # The primary key finds the tags of a task; this finds the tasks of a tag.
    op.create_index(op.f("ix_task_tags_tag_id"), "task_tags", ["tag_id"])


def downgrade() -> None:
    warn_of_loss()
    op.drop_index(op.f("ix_task_tags_tag_id"), table_name="task_tags")
    op.drop_table("task_tags")
    op.drop_table("tags")


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    tags, links = op.get_bind().execute(
        sa.text("SELECT (SELECT count(*) FROM tags), (SELECT count(*) FROM task_tags)")
    ).one()  # fmt: skip
    if tags:
        log.warning("downgrade 0011 loses every tag (tags: %d, task_tags: %d)", tags, links)
