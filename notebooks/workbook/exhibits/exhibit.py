"""What an exhibit is, and how a real database shows that it is repaired."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from workbook import commands
from workbook.exhibits.shop import CUSTOMERS, ORDERS, Shop, engine
from workbook.photo import Photo, Table

# What is still wrong, in one sentence; "" when nothing is.
Fault = Callable[[Shop], str]


@dataclass(frozen=True)
class Exhibit:
    """A broken project of the museum.

    `make` builds it in a folder that is not there yet, the same every time, and returns what the database was
    just before it went wrong. `fault` looks at the real files and the real database, and changes neither.
    """

    name: str
    title: str
    message: str  # what a visitor sees
    story: str
    make: Callable[[Shop], Photo]
    fault: Fault


def first(*faults: Fault) -> Fault:
    """The first fault that is there: they are looked for in this order, and not after one is found."""
    return lambda shop: next((found for fault in faults if (found := fault(shop))), "")


def settled(shop: Shop) -> str:
    """Files, note and tables do not say the same: the note is not at the one head, or a new database that the
    files make has another schema than this one."""
    try:
        head = _head(shop)
        note = _note(shop)
    except (CommandError, SQLAlchemyError, KeyError, SyntaxError) as error:
        return f"Alembic cannot read where this shop is: {commands.one_line(error)}."
    if note != head:
        return f"The database says that it is at {note}, and the files end at {head}."
    return _differs_from_a_new_one(shop)


def _head(shop: Shop) -> str:
    with commands.project(shop.root):
        heads = ScriptDirectory(str(shop.root / "migrations")).get_heads()
    return " and ".join(heads) or "base"


def _note(shop: Shop) -> str:
    if not shop.database.is_file():
        return "no place, for it is not there"
    with engine(shop.database).connect() as connection:
        return " and ".join(MigrationContext.configure(connection).get_current_heads()) or "base"


def _differs_from_a_new_one(shop: Shop) -> str:
    with a_copy(shop) as other:
        other.database.unlink(missing_ok=True)
        status, output = other.alembic("upgrade", "head")
        if status:
            return f"The files do not make a new database: {output.strip().splitlines()[-1]}."
        new = other.photo()
    return next(_differences(new.tables, shop.photo().tables), "")


def _differences(made: Mapping[str, Table], here: Mapping[str, Table]) -> Iterator[str]:
    """What is not the same, in sentences; the order of the columns does not count."""
    for name in sorted(set(made) | set(here)):
        if name not in here:
            yield f"The files make a table {name}, and this database has none."
        elif name not in made:
            yield f"This database has a table {name}, and the files make none."
        elif odd := _parts(made[name]) ^ _parts(here[name]):
            yield f"The table {name} is not as the files make it. Look at: {', '.join(sorted(odd))}."


def _parts(table: Table) -> set[str]:
    """Columns, rules and indexes as they would be read aloud."""
    columns = {f"{column.name} {column.words}" for column in table.columns}
    rules = {f"{rule.title} {rule.words}" for rule in table.rules}
    return columns | rules | {f"INDEX {index.name} {index.words}" for index in table.indexes}


def rows_are_there(shop: Shop) -> str:
    """A customer or an order is missing, or belongs to somebody else."""
    try:
        customers = set(shop.sql("SELECT id, name FROM customers"))
        orders = set(shop.sql("SELECT id, item, customer_id FROM orders"))
    except SQLAlchemyError as error:
        return f"The rows cannot be read: {commands.one_line(error)}."
    lost = [f"customer {row[1]}" for row in CUSTOMERS if row[:2] not in customers]
    lost += [f"order {row[0]} ({row[1]})" for row in ORDERS if row not in orders]
    return f"Not as it was, or gone: {', '.join(lost)}." if lost else ""


def models_agree(shop: Shop) -> str:
    """The models and the database do not say the same, or nobody can tell."""
    status, output = shop.alembic("check")
    return f"alembic check says: {output.strip().splitlines()[-1]}" if status else ""


def has_column(table: str, column: str) -> Fault:
    """The column is not there."""

    def fault(shop: Shop) -> str:
        found = shop.photo().tables.get(table)
        there = found is not None and column in {each.name for each in found.columns}
        return "" if there else f"The table {table} has no column {column}."

    return fault


@contextmanager
def a_copy(shop: Shop) -> Iterator[Shop]:
    """A copy of the whole folder to try something in, thrown away afterwards."""
    room = Path(tempfile.mkdtemp(prefix=".throwaway-", dir=shop.root.parent)).resolve()
    try:
        root = room / shop.root.name
        shutil.copytree(shop.root, root, ignore=shutil.ignore_patterns("__pycache__"))
        yield Shop(root)
    finally:
        shutil.rmtree(room, ignore_errors=True)
