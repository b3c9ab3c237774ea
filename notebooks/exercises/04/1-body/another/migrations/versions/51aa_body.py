"""give the text of a post the name body, in three steps

A new column gets every text, and then the old one goes: so it is done where a program still reads the old name
between the steps.

Downgrade loses: nothing. It goes the same way back.
"""

import sqlalchemy as sa
from alembic import op

revision = "51aa"
down_revision = "b04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    move("content", "body")


def downgrade() -> None:
    move("body", "content")


def move(old: str, new: str) -> None:
    op.add_column("posts", sa.Column(new, sa.Text(), server_default="", nullable=False))
    op.execute(f"UPDATE posts SET {new} = {old}")
    op.drop_column("posts", old)
