"""add content, published and phone_number, all of which may be empty at first

The recipe: room first, then values, then the rule. Nobody who inserts a post later gets a text by default.

Downgrade loses: texts, who is published, phone numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "c3a1"
down_revision = "b02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("content", sa.Text()))
    op.add_column("posts", sa.Column("published", sa.Boolean()))
    op.add_column("authors", sa.Column("phone_number", sa.String(30)))


def downgrade() -> None:
    with op.batch_alter_table("authors") as batch:
        batch.drop_column("phone_number")
    with op.batch_alter_table("posts") as batch:
        batch.drop_column("published")
        batch.drop_column("content")
