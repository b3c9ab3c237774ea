"""lost-children: the five orders are back, the sixth is there, and the cause is mended."""

from workbook.checks import repairs
from workbook.checks.verdict import NotYet
from workbook.exhibits import Shop
from workbook.exhibits.lost_children import the_new_order_is_there, the_next_rebuild_is_harmless


def check(shop: Shop) -> None:
    repairs.rows(shop)
    if fault := the_new_order_is_there(shop):
        raise NotYet(
            fault,
            why="The backup in the shop's place loses what came after it; so does a downgrade, a rebuild.",
        )
    repairs.settled(shop)
    repairs.models_agree(shop)
    if fault := the_next_rebuild_is_harmless(shop):
        raise NotYet(
            fault,
            where="migrations/env.py",
            why="With foreign keys on, the old copy of `customers` takes its orders along as it is dropped.",
        )
    repairs.down_and_up(shop)
