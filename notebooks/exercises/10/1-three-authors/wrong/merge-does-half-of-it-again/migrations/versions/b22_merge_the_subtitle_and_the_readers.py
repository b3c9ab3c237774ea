"""merge the subtitle and the readers

Why: Dana's revision has run on the server, and ours is pushed, so others may have run it. Neither can be put
behind the other any more; a merge leaves both where they are. It changes no table.

Downgrade loses: nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "b22"
down_revision = ("b21", "da0a51e7c0de")
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("readers", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    pass
