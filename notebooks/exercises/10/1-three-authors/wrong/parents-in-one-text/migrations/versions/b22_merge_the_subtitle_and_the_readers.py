"""merge the subtitle and the readers

Why: Dana's revision has run on the server, and ours is pushed, so others may have run it. Neither can be put
behind the other any more; a merge leaves both where they are. It changes no table.

Downgrade loses: nothing.
"""

revision = "b22"
down_revision = "b21, da0a51e7c0de"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
