"""%exhibit: the museum's broken projects, made fresh at each visit."""

from __future__ import annotations

import os

from workbook import moves, places, sqlmagic, stage
from workbook import workspace as ws
from workbook.exhibits import EXHIBITS, Exhibit, Shop, yours
from workbook.html import Card, Cell, Row, card, table, text_table
from workbook.progress import MUSEUM
from workbook.stage import Problem, Stage

TITLE = "The museum"
HEADINGS = ("exhibit", "what is wrong", "what you see")


def exhibit(line: str) -> Card | None:
    """`%exhibit NAME`: make that exhibit and stand in it. `%exhibit` alone: the list of all.

    Where one has been made before, a fresh one takes its place and the other is kept.

    `%exhibit NAME --mine`: the one in the student's workspace, where `%check` looks; made if there is none.
    With `--again`, a fresh one takes its place.
    """
    words = line.split()
    options = {word for word in words if word.startswith("--")}
    words = [word for word in words if word not in options]
    if options and (not words or options not in ({"--mine"}, {"--mine", "--again"})):
        raise Problem("write it like this: %exhibit half-applied --mine")
    if len(words) > 1:
        raise Problem("it takes one name: %exhibit half-applied")
    if not words:
        return _list()
    found = EXHIBITS.get(words[0])
    if found is None:
        raise Problem(f"there is no exhibit {words[0]}; there are {', '.join(EXHIBITS)}")
    if options:
        _enter_own(found, again="--again" in options)
    else:
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


def _enter_own(found: Exhibit, *, again: bool) -> None:
    stage.current()  # only in a lesson that has begun
    workspace = ws.folder(None).resolve()
    root = yours.place(workspace, found.name)
    kept = None
    if again:
        os.chdir(stage.home().root)  # neither the folder nor a file in it may be in use
        sqlmagic.forget()
        kept = yours.put_aside(workspace, found.name)
    new = not root.exists()
    if new:
        yours.make(workspace, found.name)
    there = Stage(root, found.name, root.parent)
    moves.begin(there, yours.before(found.name))
    stage.enter(there)
    print(f"{found.title}.\n{found.story}")
    where = f"{MUSEUM}/{found.name} of your workspace{'' if new else ', as you left it'}"
    print(
        f"You are now in {where}. %check looks at it; %back takes you back."
        f"{f' What was there is kept as {kept}.' if kept else ''}"
    )
