"""a title says something

Downgrade loses: nothing. It lifts the rule.
"""

import sqlalchemy as sa
from alembic import op

revision = "b11"
down_revision = "b10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.create_check_constraint("ck_posts_title_not_empty", sa.text("length(title) > 0"))


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.drop_constraint(op.f("ck_posts_title_not_empty"), type_="check")
