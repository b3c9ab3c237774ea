"""merge the estimate and the notes

Why: 0016 and 0017 were written side by side, each on top of 0015, and a history with two heads has no
one place to go on from. This revision changes nothing in the database; it only has two parents.

Downgrade loses: nothing. The history has two heads again.

Revision ID: 0018
Revises: 0016, 0017
"""

revision = "0018"
down_revision = ("0016", "0017")
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing: both parents have done their work."""


def downgrade() -> None:
    """Change nothing: both parents stay where they are."""
