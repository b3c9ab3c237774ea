"""settings

Read line by line. The downgrade loses all settings.

Revision ID: 9d03b6c1aa52
Revises: b19
Create Date: 2026-03-02 09:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '9d03b6c1aa52'
down_revision: Union[str, Sequence[str], None] = 'b19'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table('settings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('newsletter', sa.Boolean(), server_default=sa.sql.false(), nullable=False),
    sa.Column('theme', sa.String(length=20), server_default=sa.text("'light'"), nullable=False),
    sa.Column('signature', sa.Text(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_settings_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settings'))
    )
    with op.batch_alter_table('settings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_settings_user_id'), ['user_id'], unique=True)


def downgrade() -> None:
    """Downgrade schema."""
    with op.batch_alter_table('settings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_settings_user_id'))

    op.drop_table('settings')
