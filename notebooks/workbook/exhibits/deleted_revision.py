"""The file of a revision in the middle of the history was deleted, long after it had run."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, has_column, models_agree, rows_are_there, settled
from workbook.exhibits.shop import ADD_PAID, ADD_PHONE, DROP_PAID, DROP_PHONE, Shop
from workbook.photo import Photo


def make(shop: Shop) -> Photo:
    """A shop at 0003 whose history has lost the file of 0002."""
    shop.open()
    shop.models(paid=True, phone=True)
    shop.fill()
    shop.revision("0002", "mark paid orders", ADD_PAID, DROP_PAID)
    shop.revision("0003", "add the phone", ADD_PHONE, DROP_PHONE)
    shop.upgrade("0003")
    shop.sql("UPDATE orders SET paid = 1 WHERE id IN (1, 4)")
    before = shop.photo()
    (shop.root / "migrations" / "versions" / "0002_mark_paid_orders.py").unlink()
    return before


EXHIBIT = Exhibit(
    name="deleted-revision",
    title="A revision's file was deleted after it ran",
    message="KeyError: '0002'",
    story="0002 ran months ago. Somebody tidied up and deleted its file.",
    make=make,
    fault=first(
        settled, rows_are_there, has_column("orders", "paid"), has_column("customers", "phone"), models_agree
    ),
)
