"""A revision fails at its third step, and the stock environment keeps the two before it."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, has_column, rows_are_there, settled
from workbook.exhibits.shop import ADD_PAID, DROP_PAID, Shop
from workbook.photo import Photo

UP = f"""
    {ADD_PAID}
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
    )
    op.add_column("customers", sa.Column("phone", sa.String(), nullable=False))
"""
DOWN = f"""
    op.drop_column("customers", "phone")
    op.drop_table("payments")
    {DROP_PAID}
"""


def make(shop: Shop) -> Photo:
    """A shop at 0001; last night somebody ran the upgrade to 0002, and read an error."""
    shop.open(models=False)
    shop.fill()
    shop.revision("0002", "take payments", UP, DOWN)
    before = shop.photo()
    shop.alembic("upgrade", "0002")
    return before


EXHIBIT = Exhibit(
    name="half-applied",
    title="Half of a revision is there",
    message="OperationalError: duplicate column name: paid",
    story="Last night somebody ran the upgrade to 0002. It stopped with an error.",
    make=make,
    fault=first(settled, rows_are_there, has_column("orders", "paid"), has_column("customers", "phone")),
)
