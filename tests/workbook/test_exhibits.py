"""Each exhibit of the museum is broken as it says, and repaired as the lesson does it; and not by less."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from workbook import stage
from workbook.exhibits import EXHIBITS, Shop
from workbook.exhibits.shop import ADD_PAID, ADD_PHONE, DROP_PAID, DROP_PHONE, source

from tests.workbook.conftest import Run

LESSON = Path(__file__).resolve().parents[2] / "notebooks" / "11-when-it-goes-wrong.ipynb"
# The command that shows the message of the museum's list, where there is one.
SEEN = {
    "half-applied": "%alembic upgrade head",
    "leftover-table": "%alembic upgrade head",
    "not-up-to-date": '%alembic revision --autogenerate -m "add the phone"',
    "cant-locate": "%alembic current",
    "deleted-revision": "%alembic current",
    "edited-revision": "%sql SELECT phone FROM customers",
    "create-all": "%alembic upgrade head",
    "two-databases": "%sql SELECT item FROM orders WHERE NOT paid",
}
UNDO_HALF = ["%sql DROP TABLE payments", "%sql ALTER TABLE orders DROP COLUMN paid"]
PHONE_MAY_BE_NULL = """%%change migrations/versions/0002_take_payments.py
-     op.add_column("customers", sa.Column("phone", sa.String(), nullable=False))
+     op.add_column("customers", sa.Column("phone", sa.String()))"""
OWN_ADDRESS = "%sql UPDATE customers SET email = 'fatma@example.org' WHERE id = 3"
DROP_LEFTOVER = "%sql DROP TABLE _alembic_tmp_customers"
ADD_THE_PHONE = '%alembic revision --autogenerate --rev-id 0003 -m "add the phone"'
WRITE_0002 = "%%file migrations/versions/0002_mark_paid_orders.py\n" + source(
    "0002", "mark paid orders", ADD_PAID, DROP_PAID, "0001"
)
UNDO_THE_EDIT = f"""%%change migrations/versions/0002_mark_paid_orders.py
      {ADD_PAID}
-     {ADD_PHONE}
{"  "}
{"  "}
  def downgrade() -> None:
-     {DROP_PHONE}
      {DROP_PAID}"""
FETCH_ORDERS = """%%sql
ATTACH 'before-0002.db' AS backup;
INSERT INTO orders SELECT * FROM backup.orders WHERE id NOT IN (SELECT id FROM orders);
DETACH backup"""
INSTALL_THE_GUARD = [
    'import shutil; shutil.copy("../taskmaster/migrations/sqlite_safety.py", "migrations");',
    "%%change migrations/env.py\n  from alembic import context\n+ from migrations import sqlite_safety",
    """%%change migrations/env.py
-             connection=connection, target_metadata=target_metadata
+             connection=connection, target_metadata=target_metadata, **sqlite_safety.OPTIONS
          )
  
-         with context.begin_transaction():
+         with sqlite_safety.guard(context.get_context()):""",  # noqa: W293
]
NO_CREATE_ALL = "%%change app.py\n- Base.metadata.create_all(engine)"
URL_HERE = "%%change alembic.ini\n- sqlalchemy.url = sqlite:///shop.db\n+ sqlalchemy.url = sqlite:///%(here)s/shop.db"
NO_SECOND = 'from pathlib import Path; Path("reports/shop.db").unlink()'
NO_EMPTY_REVISION = 'from pathlib import Path; Path("migrations/versions/0002_create_vouchers.py").unlink()'
IMPORT_VOUCHER = """%%change models/__init__.py
  from models.order import Order
+ from models.voucher import Voucher"""
VOUCHERS = '%alembic revision --autogenerate --rev-id 0002 -m "create vouchers"'
AFTER_0001 = """%%change migrations/versions/0003_add_the_phone.py
- down_revision = "0002"
+ down_revision = "0001\""""
UP = "%alembic upgrade head"

REPAIRS = {
    "half-applied": [*UNDO_HALF, PHONE_MAY_BE_NULL, UP],
    "leftover-table": [OWN_ADDRESS, DROP_LEFTOVER, UP],
    "not-up-to-date": [UP, ADD_THE_PHONE, UP],
    "cant-locate": ["%alembic stamp --purge 0002"],
    "deleted-revision": [WRITE_0002],
    "edited-revision": [UNDO_THE_EDIT, ADD_THE_PHONE, UP],
    "lost-children": [FETCH_ORDERS, *INSTALL_THE_GUARD],
    "create-all": ["%alembic stamp 0001", UP, NO_CREATE_ALL],
    "two-databases": [URL_HERE, UP, NO_SECOND],
    "empty-autogenerate": [VOUCHERS, NO_EMPTY_REVISION, IMPORT_VOUCHER, VOUCHERS, UP],
}
HALF_REPAIRS = {
    "half-applied, stamped": ["half-applied", "%alembic stamp head"],
    "half-applied, not mended": ["half-applied", *UNDO_HALF, UP],
    "leftover-table, dropped alone": ["leftover-table", DROP_LEFTOVER, UP],
    "leftover-table, customer removed": [
        "leftover-table", "%sql DELETE FROM customers WHERE id = 3", DROP_LEFTOVER, UP,
    ],
    "not-up-to-date, only upgraded": ["not-up-to-date", UP],
    "not-up-to-date, only stamped": ["not-up-to-date", "%alembic stamp head", ADD_THE_PHONE, UP],
    "cant-locate, the column made again": [
        "cant-locate", "%sql ALTER TABLE orders DROP COLUMN paid", "%alembic stamp --purge 0001", UP,
    ],
    "deleted-revision, the history shortened": [
        "deleted-revision",
        AFTER_0001,
    ],
    "edited-revision, the column made by hand": [
        "edited-revision", UNDO_THE_EDIT, "%sql ALTER TABLE customers ADD COLUMN phone VARCHAR",
    ],
    "lost-children, the guard alone": ["lost-children", *INSTALL_THE_GUARD],
    "lost-children, the rows alone": ["lost-children", FETCH_ORDERS],
    "lost-children, the whole backup": [
        "lost-children", 'import shutil; shutil.copy("before-0002.db", "shop.db");', *INSTALL_THE_GUARD, UP,
    ],
    "create-all, stamped head": ["create-all", "%alembic stamp head", NO_CREATE_ALL],
    "create-all, still called": ["create-all", "%alembic stamp 0001", UP],
    "create-all, begun anew": [
        "create-all", 'from pathlib import Path; Path("shop.db").unlink()', UP, NO_CREATE_ALL,
    ],
    "two-databases, only upgraded": ["two-databases", UP],
    "two-databases, only deleted": ["two-databases", UP, NO_SECOND],
    "empty-autogenerate, applied": ["empty-autogenerate", VOUCHERS, UP],
}  # fmt: skip


@pytest.fixture
def museum(lesson: Run, run: Run) -> Run:
    """A lesson that has begun, from which one visits the exhibits."""
    lesson("11")
    return run


def fault() -> str:
    here = stage.current()
    return EXHIBITS[here.label].fault(Shop(here.root))


@pytest.mark.parametrize("name", EXHIBITS)
def test_an_exhibit_is_broken_and_the_steps_of_the_lesson_repair_it(name: str, museum: Run) -> None:
    museum(f"%exhibit {name}")
    assert fault().endswith(".")
    for cell in REPAIRS[name]:
        output = museum(cell)
        assert "ended with status" not in output, output
        assert "%change:" not in output, output
    assert fault() == ""
    assert museum("%ledger start").endswith("No row was lost.")


def test_the_lesson_itself_leaves_every_exhibit_repaired(run: Run) -> None:
    for cell in nbformat.read(LESSON, as_version=4).cells:
        if cell.cell_type == "code":
            run(cell.source)
    area = stage.current().area
    assert {name: exhibit.fault(Shop(area / name)) for name, exhibit in EXHIBITS.items()} == dict.fromkeys(
        EXHIBITS, ""
    )


@pytest.mark.parametrize("name", SEEN)
def test_what_the_list_says_one_sees_is_what_one_sees(name: str, museum: Run) -> None:
    museum(f"%exhibit {name}")
    assert EXHIBITS[name].message in museum(SEEN[name]).splitlines()


def test_where_the_list_says_that_there_is_no_message_there_is_none(museum: Run) -> None:
    silent = {name for name, exhibit in EXHIBITS.items() if exhibit.message.startswith("nothing: ")}
    assert set(EXHIBITS) - set(SEEN) == silent == {"lost-children", "empty-autogenerate"}
    museum("%exhibit empty-autogenerate")
    museum(VOUCHERS)
    assert museum("%show migrations/versions/0002_create_vouchers.py").count("    pass") == 2


@pytest.mark.parametrize("what", HALF_REPAIRS)
def test_half_a_repair_is_none(what: str, museum: Run) -> None:
    name, *cells = HALF_REPAIRS[what]
    museum(f"%exhibit {name}")
    for cell in cells:
        museum(cell)
    assert fault() != ""


def test_the_ledger_counts_what_the_rebuild_deleted(museum: Run) -> None:
    museum("%exhibit lost-children")
    assert museum("%ledger").endswith("5 rows of orders are gone.")
    museum(FETCH_ORDERS)
    assert "orders     5 → 6" in museum("%ledger start")


def test_in_a_copy_the_ledger_still_counts_from_before_it_went_wrong(museum: Run) -> None:
    for cell in ("%exhibit lost-children", FETCH_ORDERS, "%copy again", "%alembic downgrade -1", UP):
        museum(cell)
    assert museum("%ledger").endswith("No row was lost.")  # by the upgrade: the downgrade has lost them all
    assert museum("%ledger start").endswith("5 rows of orders are gone.")
    museum("%back lost-children")
    museum("%copy again")
    assert museum("%ledger").startswith("%ledger: no %alembic command has changed this database yet")
    museum("%back")
    museum("%copy again")
    assert museum("%ledger start").startswith("%ledger: write it like this: %ledger, or in an exhibit")


@pytest.mark.parametrize("name", EXHIBITS)
def test_an_exhibit_is_made_the_same_every_time(name: str, tmp_path: Path) -> None:
    first, second = Shop(tmp_path / "first"), Shop(tmp_path / "second")
    assert EXHIBITS[name].make(first) == EXHIBITS[name].make(second)
    assert first.photo() == second.photo()
    assert files(first) == files(second)


def files(shop: Shop) -> dict[str, bytes]:
    return {
        path.relative_to(shop.root).as_posix(): path.read_bytes()
        for path in sorted(shop.root.rglob("*"))
        if path.is_file() and path.suffix not in (".db", ".pyc")
    }


@pytest.mark.parametrize("name", EXHIBITS)
def test_looking_for_the_fault_changes_nothing(name: str, museum: Run) -> None:
    museum(f"%exhibit {name}")
    shop = Shop(stage.current().root)
    before, rows = files(shop), shop.photo()
    fault()
    assert (files(shop), shop.photo()) == (before, rows)
    assert sorted(path.name for path in shop.root.parent.iterdir()) == sorted({"taskmaster", name})


def test_a_shop_without_a_database_or_a_history_gets_a_sentence(museum: Run) -> None:
    for name in EXHIBITS:
        museum(f"%exhibit {name}")
        root = stage.current().root
        (root / "shop.db").unlink()
        assert fault().endswith(".")
        shutil.rmtree(root / "migrations" / "versions")
        assert fault().endswith(".")


def test_without_a_name_the_museum_lists_what_it_has(museum: Run) -> None:
    output = museum("%exhibit")
    assert all(f"{name} " in output for name in EXHIBITS)
    assert len(EXHIBITS) == 10


def test_a_second_visit_finds_it_broken_again_and_keeps_the_first(museum: Run) -> None:
    museum("%exhibit cant-locate")
    museum("%alembic stamp --purge 0002")
    output = museum("%exhibit cant-locate")
    assert output.endswith("%back takes you back. What was there is kept in ../cant-locate-1.")
    assert fault() != ""
    assert museum("%ledger").startswith("%ledger: no %alembic command has changed this database yet")


def test_a_name_that_is_none_gets_a_sentence(museum: Run, run: Run) -> None:
    assert museum("%exhibit mona-lisa").startswith("%exhibit: there is no exhibit mona-lisa; there are half-")
    assert museum("%exhibit two words") == "%exhibit: it takes one name: %exhibit half-applied."
    assert museum("%ledger start").startswith("%ledger: write it like this: %ledger, or in an exhibit")
    assert museum("%ledger end").startswith("%ledger: write it like this")
