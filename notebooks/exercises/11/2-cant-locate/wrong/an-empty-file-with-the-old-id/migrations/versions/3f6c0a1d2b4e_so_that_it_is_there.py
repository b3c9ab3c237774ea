"""so that it is there"""

revision = "3f6c0a1d2b4e"
down_revision = "0001"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
