"""merge once more

Why: Dana's revision has run on the server, and ours is pushed, so others may have run it. Neither can be put
behind the other any more; a merge leaves both where they are. It changes no table.

Downgrade loses: nothing.
"""

revision = "b23"
down_revision = ("b22", "e311a0b0a7d5")
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
