"""three changes for one copy of the posts

Why: what was a subtitle is a summary by now, some titles are longer than 200 letters, and nobody has -1 readers.
The new name is given in place; the other two share a rebuild.

Downgrade loses: nothing. It refuses nothing either: SQLite does not count letters.
"""

import sqlalchemy as sa
from alembic import op

revision = "b24"
down_revision = "b23"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("posts", "subtitle", new_column_name="summary")
    with op.batch_alter_table("posts") as batch:
        batch.alter_column(
            "title", existing_type=sa.String(200), type_=sa.String(300), existing_nullable=False
        )
        batch.create_check_constraint(op.f("ck_posts_readers_not_negative"), sa.text("readers >= 0"))


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.drop_constraint(op.f("ck_posts_readers_not_negative"), type_="check")
    with op.batch_alter_table("posts") as batch:
        batch.alter_column(
            "title", existing_type=sa.String(300), type_=sa.String(200), existing_nullable=False
        )
    op.alter_column("posts", "summary", new_column_name="subtitle")
