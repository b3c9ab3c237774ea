"""The app made the tables at its start, so Alembic finds them there and knows nothing of them."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, has_column, models_agree, rows_are_there, settled
from workbook.exhibits.shop import ADD_PAID, DATABASE, DROP_PAID, Shop
from workbook.photo import Photo

APP = f'''
    """The shop's app: makes its tables at the start, and counts the open orders."""

    from pathlib import Path

    from models import Base
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{{Path(__file__).parent / '{DATABASE}'}}")
    Base.metadata.create_all(engine)


    def unpaid():
        with engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM orders WHERE NOT paid"))
'''


def make(shop: Shop) -> Photo:
    """A shop whose tables come from create_all() in its app, as the models were then; Alembic came later."""
    shop.open()
    shop.create_all()
    shop.insert_rows()
    shop.revision("0002", "mark paid orders", ADD_PAID, DROP_PAID)
    shop.models(paid=True)
    shop.write("app.py", APP)
    return shop.photo()


def the_app_makes_no_tables(shop: Shop) -> str:
    """create_all() would be in the way of the next revision that makes a table."""
    lines = (shop.root / "app.py").read_text(encoding="utf-8").splitlines()
    called = any("create_all(" in line.partition("#")[0] for line in lines)
    return "app.py still calls create_all()." if called else ""


EXHIBIT = Exhibit(
    name="create-all",
    title="The tables were made by create_all()",
    message="OperationalError: table customers already exists",
    story="The app made its tables itself for a year. Now there are revisions, and the first one fails.",
    make=make,
    fault=first(settled, rows_are_there, has_column("orders", "paid"), models_agree, the_app_makes_no_tables),
)
