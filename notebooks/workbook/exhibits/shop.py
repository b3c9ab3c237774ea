"""The small shop that every exhibit is made of: customers and their orders, and Alembic as it comes.

The environment is the stock one, written by `alembic init`: what people have when these things happen.
"""

from __future__ import annotations

import importlib
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.pool import NullPool

from workbook import commands
from workbook.photo import Photo, take

DATABASE = "shop.db"
CUSTOMERS = (
    (1, "Dora", "dora@example.org"),
    (2, "Emil", "emil@example.org"),
    (3, "Fatma", "fatma@example.org"),
)
ORDERS = (
    (1, "rye bread", 1),
    (2, "birthday cake", 1),
    (3, "ten rolls", 2),
    (4, "rye bread", 3),
    (5, "apple tart", 3),
)

STOCK_URL = "sqlalchemy.url = driver://user:pass@localhost/dbname"
URL_HERE = f"sqlalchemy.url = sqlite:///%(here)s/{DATABASE}"
NO_MODELS = "target_metadata = None"
MODELS = "from models import Base\n\ntarget_metadata = Base.metadata"

MODELS_FILE = '''
"""The tables of the shop."""

from sqlalchemy import ForeignKey, MetaData{false}
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {{
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
}}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[{email}]
{phone}

class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
{paid}'''
REVISION_FILE = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {parent}


def upgrade() -> None:
{up}


def downgrade() -> None:
{down}
'''
PAID_COLUMN = 'sa.Column("paid", sa.Boolean(), server_default=sa.false(), nullable=False)'
ADD_PAID = f'op.add_column("orders", {PAID_COLUMN})'
DROP_PAID = 'op.drop_column("orders", "paid")'
ADD_PHONE = 'op.add_column("customers", sa.Column("phone", sa.String()))'
DROP_PHONE = 'op.drop_column("customers", "phone")'
FIRST_UP = """
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String()),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_orders_customer_id_customers", ondelete="CASCADE"
        ),
    )
"""
FIRST_DOWN = """
    op.drop_table("orders")
    op.drop_table("customers")
"""


@dataclass(frozen=True)
class Shop:
    """One shop's folder. Its methods do what somebody did to it before the visitor came."""

    root: Path

    @property
    def database(self) -> Path:
        """The file with the customers and orders."""
        return self.root / DATABASE

    def open(self, *, models: bool = True, url: str = URL_HERE) -> None:
        """Make the folder, run `alembic init migrations` there, and write the first revision.

        With models.py, unless MODELS is False: then env.py has no target_metadata.
        """
        self.root.mkdir()
        self.alembic("init", "migrations")
        self.replace("alembic.ini", STOCK_URL, url)
        if models:
            self.use_models()
            self.models()
        self.revision("0001", "create customers and orders", FIRST_UP, FIRST_DOWN)

    def use_models(self) -> None:
        """Point env.py at the models."""
        self.replace("migrations/env.py", NO_MODELS, MODELS)

    def fill(self) -> None:
        """Migrate to 0001, and put the customers and their orders in."""
        self.upgrade("0001")
        self.insert_rows()

    def create_all(self) -> None:
        """Make the tables from models.py, as an app without Alembic does."""
        with commands.project(self.root), self.connected() as connection:
            sys.path.insert(0, str(self.root))
            importlib.import_module("models").Base.metadata.create_all(connection)

    def insert_rows(self) -> None:
        """Put the customers and their orders into tables that are there."""
        with self.connected() as connection:
            connection.exec_driver_sql(
                "INSERT INTO customers (id, name, email) VALUES (?, ?, ?)", [*CUSTOMERS]
            )
            connection.exec_driver_sql(
                "INSERT INTO orders (id, item, customer_id) VALUES (?, ?, ?)", [*ORDERS]
            )

    def alembic(self, *words: str, folder: str = ".") -> tuple[int, str]:
        """Run a command as in a terminal in this folder, or in one below it: its status and what it wrote."""
        return commands.alembic(self.root, words, folder=self.root / folder, area=self.root)

    def upgrade(self, revision: str) -> None:
        """Upgrade; here, where the exhibit is made, it must not fail."""
        status, output = self.alembic("upgrade", revision)
        assert status == 0, output

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A transaction on the shop's database, committed at the end."""
        with engine(self.database).begin() as connection:
            yield connection

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Send one statement; the rows that it returns, if it is one that returns rows."""
        with self.connected() as connection:
            result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def back_up(self, name: str) -> None:
        """Copy the database into another file of the folder."""
        with (
            closing(sqlite3.connect(self.database)) as here,
            closing(sqlite3.connect(self.root / name)) as there,
        ):
            here.backup(there)

    def photo(self) -> Photo:
        """Schema and rows as they are now."""
        return take(engine(self.database)) if self.database.is_file() else Photo()

    def write(self, path: str, text: str) -> None:
        """Write a file; what is indented in TEXT as a whole is not in the file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8", newline="\n")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change a file in the one place where OLD stands."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    def revision(self, name: str, title: str, up: str, down: str, after: str | None = None) -> None:
        """Write a revision file. It follows the number before it, or AFTER."""
        before = after or (None if name == "0001" else f"{int(name) - 1:04}")
        self.write(
            f"migrations/versions/{name}_{title.replace(' ', '_')}.py", source(name, title, up, down, before)
        )

    def models(self, *, paid: bool = False, phone: bool = False, email: str = "str | None") -> None:
        """Write models.py: customers and orders, with the columns that are asked for."""
        text = MODELS_FILE.format(
            email=email,
            false=", false" if paid else "",
            phone="    phone: Mapped[str | None]\n" if phone else "",
            paid="    paid: Mapped[bool] = mapped_column(server_default=false())\n" if paid else "",
        )
        self.write("models.py", text)


def engine(database: Path) -> Any:
    """An engine on a SQLite file; every connection is a new one."""
    return create_engine(URL.create("sqlite", database=str(database)), poolclass=NullPool)


def source(name: str, title: str, up: str, down: str, before: str | None) -> str:
    """A revision's file, as short as Alembic takes it."""
    parent = f'"{before}"' if before else "None"
    return REVISION_FILE.format(title=title, name=name, parent=parent, up=_body(up), down=_body(down))


def _body(text: str) -> str:
    return indent(dedent(text).strip("\n"), "    ")
