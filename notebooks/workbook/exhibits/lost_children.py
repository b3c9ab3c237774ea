"""A rebuild of customers, with foreign keys on, has deleted their orders."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, a_copy, first, models_agree, rows_are_there, settled
from workbook.exhibits.shop import Shop
from workbook.photo import Photo

BACKUP = "before-0002.db"
NEW_ORDER = (6, "ten rolls", 2)
CONNECT = "    with connectable.connect() as connection:\n"
KEYS_ON = """\
    @event.listens_for(connectable, "connect")
    def foreign_keys_on(connection, _record):
        connection.execute("PRAGMA foreign_keys=ON")

"""
UP = """
    with op.batch_alter_table("customers") as batch:
        batch.alter_column("email", existing_type=sa.String(), nullable=False)
"""
DOWN = """
    with op.batch_alter_table("customers") as batch:
        batch.alter_column("email", existing_type=sa.String(), nullable=True)
"""


def make(shop: Shop) -> Photo:
    """A shop at 0002 without its orders, a backup from before, and one order that came after."""
    shop.open()
    shop.replace("migrations/env.py", "import engine_from_config", "import engine_from_config, event")
    shop.replace("migrations/env.py", CONNECT, f"{KEYS_ON}{CONNECT}")
    shop.fill()
    shop.revision("0002", "ask everybody for an address", UP, DOWN)
    shop.models(email="str")
    before = shop.photo()
    shop.back_up(BACKUP)
    shop.upgrade("0002")
    shop.sql(f"INSERT INTO orders (id, item, customer_id) VALUES {NEW_ORDER}")
    return before


def the_new_order_is_there(shop: Shop) -> str:
    """Whoever puts the whole backup in the database's place loses what came after it."""
    there = NEW_ORDER in shop.sql("SELECT id, item, customer_id FROM orders")
    return "" if there else "Order 6, which came after the backup, is gone."


def the_next_rebuild_is_harmless(shop: Shop) -> str:
    """The environment would do it again."""
    with a_copy(shop) as other:
        count = other.sql("SELECT count(*) FROM orders")
        for words in (("downgrade", "0001"), ("upgrade", "head")):
            status, output = other.alembic(*words)
            if status:
                return f"{words[0]} fails: {output.strip().splitlines()[-1]}"
        again = other.sql("SELECT count(*) FROM orders") == count
    return "" if again else "The next rebuild of customers would delete the orders again."


EXHIBIT = Exhibit(
    name="lost-children",
    title="A rebuild has deleted the rows of another table",
    message="nothing: the upgrade ran, and the orders are gone",
    story=f"The upgrade to 0002 ran at noon, without an error. {BACKUP} is older, order 6 is newer.",
    make=make,
    fault=first(rows_are_there, the_new_order_is_there, settled, the_next_rebuild_is_harmless, models_agree),
)
