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
    op.execute("""
        CREATE TABLE new_posts (
            id INTEGER NOT NULL PRIMARY KEY, title VARCHAR(300) NOT NULL, body TEXT DEFAULT '' NOT NULL,
            published BOOLEAN DEFAULT 0 NOT NULL, created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
            owner_id INTEGER, summary VARCHAR(200), readers INTEGER DEFAULT 0 NOT NULL,
            CONSTRAINT ck_posts_title_not_empty CHECK (length(title) > 0),
            CONSTRAINT ck_posts_readers_not_negative CHECK (readers >= 0),
            CONSTRAINT fk_posts_owner_id_users FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE)""")
    op.execute("""
        INSERT INTO new_posts (id, title, body, published, created_at, owner_id, summary, readers)
        SELECT id, title, body, published, created_at, owner_id, summary, readers FROM posts""")
    op.execute("DROP TABLE posts")
    op.execute("ALTER TABLE new_posts RENAME TO posts")


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.drop_constraint(op.f("ck_posts_readers_not_negative"), type_="check")
        batch.alter_column(
            "title", existing_type=sa.String(300), type_=sa.String(200), existing_nullable=False
        )
    op.alter_column("posts", "summary", new_column_name="subtitle")
