"""one e-mail address, one user

Why: two users with one address are two people who share a mailbox. The first keeps it, the later ones are
left without; nobody's posts move. Users without an address are no doubles of each other.

Downgrade loses: nothing more. It lifts the rule.
"""

from alembic import op

revision = "b10"
down_revision = "b09"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE users SET email = '' WHERE email IS NULL")
    op.execute("DELETE FROM posts WHERE owner_id NOT IN (SELECT min(id) FROM users GROUP BY email)")
    op.execute("DELETE FROM users WHERE id NOT IN (SELECT min(id) FROM users GROUP BY email)")
    with op.batch_alter_table("users") as batch:
        batch.create_unique_constraint(op.f("uq_users_email"), ["email"])


def downgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint(op.f("uq_users_email"), type_="unique")
