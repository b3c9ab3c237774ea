"""create profiles

Why: a list that many share should say who "ana" is. Not every user wants to tell, so it is a table of
its own, with at most one row for each user: `user_id` is unique. Alembic wrote the operations from the
models; reading them brought two corrections, the type of `created_at` and its default.

Downgrade loses: every profile.

Revision ID: 0015
Revises: 0014
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_profiles_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", name=op.f("uq_profiles_user_id")),
    )


def downgrade() -> None:
    warn_of_loss()
    op.drop_table("profiles")


def warn_of_loss() -> None:
    if op.get_context().as_sql:
        return
    lost = op.get_bind().scalar(sa.text("SELECT count(*) FROM profiles"))
    if lost:
        log.warning("downgrade 0015 loses every profile (profiles: %d)", lost)
