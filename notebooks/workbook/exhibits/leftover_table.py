"""A rebuild failed and left its temporary table behind; every try after it stops at that table."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, rows_are_there, settled
from workbook.exhibits.shop import Shop
from workbook.photo import Photo

UP = """
    with op.batch_alter_table("customers") as batch:
        batch.create_unique_constraint("uq_customers_email", ["email"])
"""
DOWN = """
    with op.batch_alter_table("customers") as batch:
        batch.drop_constraint("uq_customers_email", type_="unique")
"""


def make(shop: Shop) -> Photo:
    """A shop at 0001, where two customers have one address; the upgrade to 0002 has been tried."""
    shop.open(models=False)
    shop.fill()
    shop.sql("UPDATE customers SET email = 'dora@example.org' WHERE id = 3")
    shop.revision("0002", "make addresses unique", UP, DOWN)
    before = shop.photo()
    shop.alembic("upgrade", "0002")
    return before


def addresses_are_unlike(shop: Shop) -> str:
    """The rule is not there; or an address went that nobody had twice."""
    rules = shop.photo().tables["customers"].rules
    if not any(rule.kind == "UNIQUE" and rule.columns == ("email",) for rule in rules):
        return "Nothing makes the addresses of customers unique."
    kept = dict(shop.sql("SELECT email, count(*) FROM customers GROUP BY email"))
    wanted = ("dora@example.org", "emil@example.org")
    return next((f"No customer has the address {each} any more." for each in wanted if each not in kept), "")


EXHIBIT = Exhibit(
    name="leftover-table",
    title="A temporary table is left over",
    message="OperationalError: table _alembic_tmp_customers already exists",
    story="An upgrade failed. Nobody wrote the message down, and somebody tries again.",
    make=make,
    fault=first(settled, rows_are_there, addresses_are_unlike),
)
