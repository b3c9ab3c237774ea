"""edited-revision: the step that came later is a revision of its own, so every database gets it."""

from workbook.checks import repairs
from workbook.exhibits import Shop


def check(shop: Shop) -> None:
    repairs.column(shop, "orders", "paid")
    repairs.rows(shop, paid=(1, 4))
    repairs.settled(shop)
    repairs.column(
        shop, "customers", "phone", "The app asks for it; the model was right, and the database was behind."
    )
    repairs.models_agree(shop)
    repairs.catches_up(
        shop,
        "edited-revision",
        "Alembic remembers that 0002 ran, not what stood in it. What came later is a revision of its own.",
    )
    repairs.down_and_up(shop)
