"""index the front page"""

revision = "b23"
down_revision = "e311a0b0a7d5"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
