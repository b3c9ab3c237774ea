"""first and last name

Both in one step: the columns, and what stands in them. The last word is the last name.

The downgrade loses where one name ends and the other begins.

Revision ID: 4c1f0a9be2d7
Revises: b14
Create Date: 2026-03-02 09:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '4c1f0a9be2d7'
down_revision: Union[str, Sequence[str], None] = 'b14'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table('users') as batch_op:
        batch_op.add_column(sa.Column('first_name', sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column('last_name', sa.String(length=100), nullable=True))

    conn = op.get_bind()
    rows = conn.execute(sa.text('SELECT id, name FROM users WHERE first_name IS NULL')).fetchall()
    new = []
    for id_, name in rows:
        words = name.split()
        if len(words) > 1:
            new.append({'id': id_, 'first': ' '.join(words[:-1]), 'last': words[-1]})
        else:
            new.append({'id': id_, 'first': name, 'last': None})
    if new:
        conn.execute(sa.text('UPDATE users SET first_name = :first, last_name = :last WHERE id = :id'), new)


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("""
        UPDATE users SET name = CASE WHEN last_name IS NULL THEN first_name ELSE first_name || ' ' || last_name END
        WHERE first_name IS NOT NULL""")
    with op.batch_alter_table('users') as batch_op:
        batch_op.drop_column('last_name')
        batch_op.drop_column('first_name')
