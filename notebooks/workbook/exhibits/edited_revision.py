"""A revision was changed after it had run: the databases that have it do not get the change."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, has_column, models_agree, rows_are_there, settled
from workbook.exhibits.shop import ADD_PAID, ADD_PHONE, DROP_PAID, DROP_PHONE, Shop
from workbook.photo import Photo


def make(shop: Shop) -> Photo:
    """A shop at 0002, which is the head; since it ran, 0002 has got one step more."""
    shop.open()
    shop.fill()
    shop.revision("0002", "mark paid orders", ADD_PAID, DROP_PAID)
    shop.upgrade("0002")
    shop.sql("UPDATE orders SET paid = 1 WHERE id IN (1, 4)")
    before = shop.photo()
    shop.revision("0002", "mark paid orders", f"{ADD_PAID}\n{ADD_PHONE}", f"{DROP_PHONE}\n{DROP_PAID}")
    shop.models(paid=True, phone=True)
    return before


EXHIBIT = Exhibit(
    name="edited-revision",
    title="A revision was edited after it ran",
    message="OperationalError: no such column: phone",
    story="0002 is applied. A colleague put one step more into its file, and upgraded. Nothing happened.",
    make=make,
    fault=first(
        settled, rows_are_there, has_column("orders", "paid"), has_column("customers", "phone"), models_agree
    ),
)
