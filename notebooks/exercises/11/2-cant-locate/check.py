"""cant-locate: the note names what the tables are; who paid is still known."""

from workbook.checks import repairs
from workbook.exhibits import Shop


def check(shop: Shop) -> None:
    repairs.column(shop, "orders", "paid", "It was there: what the note names had made it.")
    repairs.rows(shop, paid=(1, 4))
    repairs.settled(shop)
    repairs.models_agree(shop)
    repairs.down_and_up(shop)
