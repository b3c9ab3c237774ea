"""Whether an exhibit of the museum is repaired: a project of its own, in `museum/NAME` of the workspace.

The `check.py` of such a task is a function `check(shop)`. It asks what an evening asks: do models, files,
note and tables agree, is every row there with its values, and can one go down and up again? It never asks how
that was reached, unless the task fixes it. What looks and tries does so in copies beside the shop.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.script import ScriptDirectory

from workbook.checks import reading
from workbook.checks.trial import config, said, same_schema, working_in
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NotYet, Verdict
from workbook.exhibits import EXHIBITS, Shop, exhibit
from workbook.exhibits.shop import CUSTOMERS
from workbook.photo import Photo
from workbook.progress import MUSEUM

if TYPE_CHECKING:
    from workbook.checks.tasks import Task

BELIEVES_THE_NOTE = (
    "An upgrade believes the note in alembic_version; it never looks at the tables to see where they are."
)


def answer(museum: Path, task: Task) -> Verdict:
    """The answer to a task about an exhibit, for a copy of the student's museum, which may be changed."""
    name = str(task.exhibit)
    shop = Shop(museum / name)
    if not shop.root.is_dir():
        return Verdict(task.name, NOT_ATTEMPTED)
    try:
        _is_whole(shop)
        said(shop.root, lambda: task.code.check(shop))
    except NotYet as problem:
        where = "/".join(part for part in (MUSEUM, name, problem.where) if part)
        return Verdict.not_yet(task.name, NotYet(problem.what, where=where, why=problem.why))
    return Verdict(task.name, CORRECT)


def _is_whole(shop: Shop) -> None:
    """There is a database, and no revision stands on a file that is gone."""
    if not shop.database.is_file():
        raise NotYet(f"There is no {shop.database.name}.", why="The customers and their orders were in it.")
    gone = reading.missing_parent(shop.root)
    if gone:
        raise gone


def settled(shop: Shop) -> None:
    """Files, note and tables say the same."""
    fault = exhibit.settled(shop)
    if not fault:
        return
    made = _made_by_the_files(shop)
    if made.revision != shop.photo().revision:
        what, why = _behind(shop, fault)
        raise NotYet(what, why=why)
    raise NotYet(next(_columns(made, shop.photo()), fault), why=BELIEVES_THE_NOTE)


def _made_by_the_files(shop: Shop) -> Photo:
    """A new database, made by the files. Raises NotYet with the line at which they stop."""
    with exhibit.a_copy(shop) as other:
        other.database.unlink(missing_ok=True)
        heads = said(other.root, lambda: ScriptDirectory.from_config(config(other.root)).get_heads())
        if len(heads) > 1:
            raise NotYet(
                f"The files have {len(heads)} heads: {', '.join(sorted(heads))}.",
                where="migrations/versions",
                why="`alembic upgrade head` does not know which one you mean.",
            )
        stopped = _stops(other, lambda: command.upgrade(config(other.root), "head"))
        if stopped:
            raise NotYet(
                f"The files do not make a new database: {stopped.what}",
                where=stopped.where,
                why="Whoever sets the shop up anew has nothing but the files.",
            )
        return other.photo()


def _behind(shop: Shop, fault: str) -> tuple[str, str]:
    """The note is not at the head: what is found, and what an upgrade would say."""
    with exhibit.a_copy(shop) as other:
        stopped = _stops(other, lambda: command.upgrade(config(other.root), "head"))
        if stopped:
            return f"{fault} An upgrade stops: {stopped.what}", BELIEVES_THE_NOTE
        there = other.photo().rows
    for table, was in shop.photo().rows.items():
        if len(there.get(table, was)) < len(was):
            taken = f"`{table}` has {len(was)} and would have {len(there[table])}"
            return (
                f"{fault} An upgrade would take rows away: {taken}.",
                "Mend what deletes them before you upgrade.",
            )
    return fault, "Run: alembic upgrade head"


def _columns(made: Photo, here: Photo) -> Iterator[str]:
    """What the files make otherwise than it is here, column by column."""
    one, other = (
        {(t.name, c.name): c.words for t in photo.tables.values() for c in t.columns}
        for photo in (made, here)
    )
    for table, name in sorted(one.keys() | other.keys()):
        column, new, old = f"`{table}.{name}`", one.get((table, name)), other.get((table, name))
        if old is None:
            yield f"The files make {column}, and this database has none."
        elif new is None:
            yield f"This database has {column}, and the files make none."
        elif new != old:
            yield f"{column} is {old} in this database, and the files make it {new}."


def _stops(shop: Shop, run: Callable[[], None]) -> NotYet | None:
    """What stops a command of Alembic's."""
    try:
        _alembic(shop, run)
    except NotYet as problem:
        return problem
    return None


def _alembic(shop: Shop, run: Callable[[], None]) -> None:
    """Run a command of Alembic's; an error in the student's code becomes NotYet, with its line."""
    with working_in(shop.root):
        said(shop.root, run)


def rows(shop: Shop, *, paid: tuple[int, ...] | None = None) -> None:
    """Every customer and every order is there, with their values; and the orders that were PAID still are."""
    missing = exhibit.rows_are_there(shop)
    if missing:
        raise NotYet(
            missing, why="A repair keeps every row; the one who placed an order knows that it was there."
        )
    emails = dict(shop.sql("SELECT id, email FROM customers"))
    changed = [name for key, name, email in CUSTOMERS if emails[key] != email]
    if changed:
        raise NotYet(f"Not the address that was there: customer {', '.join(changed)}.")
    if (
        paid is not None
        and tuple(row[0] for row in shop.sql("SELECT id FROM orders WHERE paid ORDER BY id")) != paid
    ):
        raise NotYet(
            f"Orders {' and '.join(map(str, paid))} were paid, and the database does not know it any more.",
            why="A column that goes and comes back is empty: its values went with it.",
        )


def column(shop: Shop, table: str, name: str, why: str = "") -> None:
    """The table has the column."""
    fault = exhibit.has_column(table, name)(shop)
    if fault:
        raise NotYet(fault, why=why)


def models_agree(shop: Shop) -> None:
    """`alembic check` finds nothing."""
    fault = exhibit.models_agree(shop)
    if fault:
        raise NotYet(
            f"{fault.rstrip('.')}.", where="models.py", why="Models, files, note and tables must agree."
        )


def down_and_up(shop: Shop) -> None:
    """One step down and up again runs, keeps every row, and leaves the same tables."""
    with exhibit.a_copy(shop) as other:
        before = other.photo()
        for words, run in (
            ("alembic downgrade -1", lambda: command.downgrade(config(other.root), "-1")),
            ("alembic upgrade head", lambda: command.upgrade(config(other.root), "head")),
        ):
            stopped = _stops(other, run)
            if stopped:
                raise NotYet(
                    f"One step down and up again, in a copy: `{words}` stops: {stopped.what}",
                    where=stopped.where,
                )
        after = other.photo()
    for table, was in before.rows.items():
        now = after.rows.get(table)
        if now is not None and len(now) < len(was):
            raise NotYet(
                "One step down and up again, in a copy, takes rows away: "
                f"`{table}` had {len(was)} and has {len(now)}.",
                why="The next rebuild will do the same to the shop.",
            )
    for difference in same_schema(before, after):
        raise NotYet(f"One step down and up again, in a copy, makes other tables: {difference}.")


def catches_up(shop: Shop, name: str, why: str) -> None:
    """The files bring a database that is as this shop's was in the beginning to where this one is now."""
    with tempfile.TemporaryDirectory(
        dir=shop.root.parent, prefix=".throwaway-", ignore_cleanup_errors=True
    ) as folder:
        start = Shop(Path(folder) / name)
        EXHIBITS[name].make(start)
        with exhibit.a_copy(shop) as other:
            other.database.write_bytes(start.database.read_bytes())
            stopped = _stops(other, lambda: command.upgrade(config(other.root), "head"))
            if stopped:
                raise NotYet(
                    "The second shop, broken as this one was, gets your files and upgrades. "
                    f"That stops: {stopped.what}",
                    where=stopped.where,
                    why=why,
                )
            missing = next(_columns(shop.photo(), other.photo()), "")
    if missing:
        raise NotYet(
            "The second shop, broken as this one was, gets your files and upgrades. "
            + missing.replace("The files make", "This shop then has").replace("this database", "the second"),
            where="migrations/versions",
            why=why,
        )
