"""begin the history of every task

Why: a history without a beginning cannot say what a task was called at first. One row for each task: it was
created, then, with this title. The classes know how.

Downgrade loses: the history, also what has come since. Without its beginning it means nothing, and on the
way up again every task gets a new one.

Revision ID: 0024
Revises: 0023
"""

import logging

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from taskmaster.models import Change, Task

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    session = Session(op.get_bind())
    for task in session.scalars(sa.select(Task).order_by(Task.id)):
        new = task.title.partition(" (every")[0]
        session.add(Change(task=task, changed_at=task.created_at, field="created", new=new))
    session.flush()


def downgrade() -> None:
    lost = op.get_bind().execute(sa.text("DELETE FROM changes")).rowcount
    if lost:
        log.warning("downgrade 0024 loses the history (changes: %d)", lost)
