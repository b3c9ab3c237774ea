"""a subtitle was too short: 200 letters, as a title has

Revision ID: 1b2c3d4e5f60
Revises: 0a1b2c3d4e5f
"""
from alembic import op
import sqlalchemy as sa

revision = '1b2c3d4e5f60'
down_revision = '0a1b2c3d4e5f'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('posts') as batch_op:
        batch_op.alter_column('subtitle', existing_type=sa.String(length=100), type_=sa.String(length=200))


def downgrade() -> None:
    with op.batch_alter_table('posts') as batch_op:
        batch_op.alter_column('subtitle', existing_type=sa.String(length=200), type_=sa.String(length=100))
