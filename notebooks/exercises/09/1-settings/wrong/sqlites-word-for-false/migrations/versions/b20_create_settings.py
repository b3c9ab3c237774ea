"""create settings, one to one with users

Downgrade loses: the settings of everybody.
"""

import sqlalchemy as sa
from alembic import op

revision = "b20"
down_revision = "b19"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.Boolean(), server_default=sa.text('0'), nullable=False),
        sa.Column("theme", sa.String(length=20), server_default="light", nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_settings_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", name=op.f("uq_settings_user_id")),
    )


def downgrade() -> None:
    op.drop_table("settings")
