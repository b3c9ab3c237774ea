"""Join Dana's and mine: hers has run on the server, mine is pushed

Revision ID: f00dfeed1234
Revises: da0a51e7c0de, 1b2c3d4e5f60
Create Date: 2026-03-02 09:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'f00dfeed1234'
down_revision: Union[str, Sequence[str], None] = ('da0a51e7c0de', '1b2c3d4e5f60')
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    pass


def downgrade() -> None:
    """Downgrade schema."""
    pass
