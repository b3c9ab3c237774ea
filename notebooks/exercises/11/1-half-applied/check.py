"""half-applied: all of 0002 is there, by files that can make it again."""

from workbook.checks import repairs
from workbook.exhibits import Shop


def check(shop: Shop) -> None:
    repairs.rows(shop)
    repairs.settled(shop)
    repairs.column(shop, "orders", "paid")
    repairs.column(
        shop,
        "customers",
        "phone",
        "The step that failed is to be mended, not left out: the shop wants to call people.",
    )
    repairs.down_and_up(shop)
