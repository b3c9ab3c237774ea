"""Autogenerate is asked for a revision while an older one has not been applied here."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, has_column, models_agree, rows_are_there, settled
from workbook.exhibits.shop import ADD_PAID, DROP_PAID, Shop
from workbook.photo import Photo


def make(shop: Shop) -> Photo:
    """A shop at 0001; 0002 has come from a colleague, and the models have one column more than that."""
    shop.open()
    shop.fill()
    shop.revision("0002", "mark paid orders", ADD_PAID, DROP_PAID)
    shop.models(paid=True, phone=True)
    return shop.photo()


EXHIBIT = Exhibit(
    name="not-up-to-date",
    title="The database is behind the files",
    message="FAILED: Target database is not up to date.",
    story="A colleague's 0002 came this morning. You put phone into the models, and want a revision for it.",
    make=make,
    fault=first(
        settled, rows_are_there, has_column("orders", "paid"), has_column("customers", "phone"), models_agree
    ),
)
