"""Autogenerate finds nothing to do: nobody imports the file with the new class."""

from __future__ import annotations

from workbook.exhibits.exhibit import Exhibit, first, models_agree, rows_are_there, settled
from workbook.exhibits.shop import Shop
from workbook.photo import Photo

INIT = '''
    """The tables of the shop, one file a table."""

    from models.base import Base
    from models.customer import Customer
    from models.order import Order
'''
BASE = """
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase): ...
"""
CUSTOMER = """
    from sqlalchemy.orm import Mapped, mapped_column

    from models.base import Base


    class Customer(Base):
        __tablename__ = "customers"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        email: Mapped[str | None]
"""
ORDER = """
    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import Mapped, mapped_column

    from models.base import Base


    class Order(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)
        item: Mapped[str]
        customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
"""
VOUCHER = """
    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import Mapped, mapped_column

    from models.base import Base


    class Voucher(Base):
        __tablename__ = "vouchers"

        id: Mapped[int] = mapped_column(primary_key=True)
        cents: Mapped[int]
        customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
"""


def make(shop: Shop) -> Photo:
    """A shop at 0001 with a class for a third table, in a file that nobody imports."""
    shop.open(models=False)
    shop.use_models()
    for name, text in (("__init__", INIT), ("base", BASE), ("customer", CUSTOMER), ("order", ORDER)):
        shop.write(f"models/{name}.py", text)
    shop.fill()
    shop.write("models/voucher.py", VOUCHER)
    return shop.photo()


def vouchers_are_there(shop: Shop) -> str:
    """The class has no table."""
    return "" if "vouchers" in shop.photo().tables else "There is no table vouchers."


EXHIBIT = Exhibit(
    name="empty-autogenerate",
    title="Autogenerate writes an empty revision",
    message="nothing: upgrade() and downgrade() say pass",
    story="models/voucher.py is new. Autogenerate should make its table, and finds nothing to do.",
    make=make,
    fault=first(settled, rows_are_there, vouchers_are_there, models_agree),
)
