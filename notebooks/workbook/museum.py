"""%exhibit: the museum's broken projects, made fresh at each visit."""

from __future__ import annotations

from workbook import moves, places, stage
from workbook.exhibits import EXHIBITS, Exhibit, Shop
from workbook.html import Card, Cell, Row, card, table, text_table
from workbook.stage import Problem, Stage

TITLE = "The museum"
HEADINGS = ("exhibit", "what is wrong", "what you see")


def exhibit(line: str) -> Card | None:
    """`%exhibit NAME`: make that exhibit and stand in it. `%exhibit` alone: the list of all.

    Where one has been made before, a fresh one takes its place and the other is kept.
    """
    words = line.split()
    if len(words) > 1:
        raise Problem("it takes one name: %exhibit half-applied")
    if not words:
        return _list()
    found = EXHIBITS.get(words[0])
    if found is None:
        raise Problem(f"there is no exhibit {words[0]}; there are {', '.join(EXHIBITS)}")
    _enter(found)
    return None


def _list() -> Card:
    rows: list[Row] = [
        [Cell(each.name, code=True), each.title, Cell(each.message, code=True)] for each in EXHIBITS.values()
    ]
    return Card(card(TITLE, table(HEADINGS, rows)), f"{TITLE}\n\n{text_table(HEADINGS, rows)}")


def _enter(found: Exhibit) -> None:
    here = stage.current()
    kept = places.put_aside(here, found.name)
    shop = Shop(here.area / found.name)
    before = found.make(shop)
    there = Stage(shop.root, found.name, here.area)
    moves.begin(there, before)
    stage.enter(there)
    print(f"{found.title}.\n{found.story}")
    print(f"You are now in {found.name}, a small shop. %back takes you back.{kept}")
