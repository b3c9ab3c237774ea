"""index the time of creation, where it is not indexed yet

Why: somebody made this index by night, on one database. The class has it since; no revision made it, so
every new database lacked it. A test found that.
"""

from alembic import op

revision = "b26"
down_revision = "b25"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_posts_created_at"), "posts", ["created_at"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_posts_created_at"), table_name="posts")
