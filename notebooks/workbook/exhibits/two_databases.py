"""The URL names a file without saying where, so it is another file in every folder."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, has_column, rows_are_there, settled
from workbook.exhibits.shop import ADD_PAID, DATABASE, DROP_PAID, Shop
from workbook.photo import Photo

RELATIVE_URL = f"sqlalchemy.url = sqlite:///{DATABASE}"
FOLDER = "reports"


def make(shop: Shop) -> Photo:
    """A shop at 0001, and beside it a database at 0002 without a row, where somebody ran the upgrade."""
    shop.open(models=False, url=RELATIVE_URL)
    shop.fill()
    shop.revision("0002", "mark paid orders", ADD_PAID, DROP_PAID)
    shop.write(f"{FOLDER}/unpaid.sql", "SELECT item FROM orders WHERE NOT paid;\n")
    before = shop.photo()
    shop.alembic("-c", "../alembic.ini", "upgrade", "head", folder=FOLDER)
    return before


def there_is_one_database(shop: Shop) -> str:
    """There is a second file; or one would be made, as soon as somebody works in another folder."""
    others = sorted(path for path in shop.root.rglob(DATABASE) if path != shop.database)
    if others:
        return f"There is another database: {others[0].relative_to(shop.root).as_posix()}."
    files = set(shop.root.rglob("*"))
    shop.alembic("-c", "../alembic.ini", "current", folder="migrations")
    for made in set(shop.root.rglob(DATABASE)) - files:
        made.unlink()
        return "alembic in another folder still makes a database of its own there."
    return ""


EXHIBIT = Exhibit(
    name="two-databases",
    title="Two databases instead of one",
    message="OperationalError: no such column: paid",
    story="Yesterday's upgrade ran without an error. The app says that the column is not there.",
    make=make,
    fault=first(there_is_one_database, settled, rows_are_there, has_column("orders", "paid")),
)
