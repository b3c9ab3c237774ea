"""The database names a revision that is in no file: it has got another id since."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, has_column, models_agree, rows_are_there, settled
from workbook.exhibits.shop import ADD_PAID, DROP_PAID, Shop
from workbook.photo import Photo

OLD_ID = "3f6c0a1d2b4e"
TITLE = "mark paid orders"


def make(shop: Shop) -> Photo:
    """A shop that was migrated with a colleague's revision, whose file has another id today."""
    shop.open()
    shop.models(paid=True)
    shop.fill()
    shop.revision(OLD_ID, TITLE, ADD_PAID, DROP_PAID, after="0001")
    shop.upgrade("head")
    shop.sql("UPDATE orders SET paid = 1 WHERE id IN (1, 4)")
    before = shop.photo()
    (shop.root / "migrations" / "versions" / f"{OLD_ID}_{TITLE.replace(' ', '_')}.py").unlink()
    shop.revision("0002", TITLE, ADD_PAID, DROP_PAID)
    return before


def who_paid_is_known(shop: Shop) -> str:
    """The column went and came back, and with it went what stood there."""
    paid = [row[0] for row in shop.sql("SELECT id FROM orders WHERE paid ORDER BY id")]
    return "" if paid == [1, 4] else "Orders 1 and 4 were paid, and the database does not know it any more."


EXHIBIT = Exhibit(
    name="cant-locate",
    title="The database names a revision that nobody has",
    message=f"FAILED: Can't locate revision identified by '{OLD_ID}'",
    story="Last week you tried a colleague's branch. Before it was merged, its revision got a new id: 0002.",
    make=make,
    fault=first(settled, rows_are_there, has_column("orders", "paid"), who_paid_is_known, models_agree),
)
