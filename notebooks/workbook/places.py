"""%copy, %folder, %back and %database: where one stands, and which database is looked at."""

from __future__ import annotations

import os
import re
from itertools import count

from workbook import sqlmagic, stage
from workbook.stage import Problem, Stage

NAME = re.compile(r"[A-Za-z][\w-]{0,30}")
_origins: dict[str, str] = {}  # label of a copy → label of what it was copied from


def folder(line: str) -> None:
    """`%folder NAME`: an empty folder of the student's own, for `alembic init`; stand in it."""
    name = _name("%folder blog", line)
    area = stage.current().area
    known = stage.known(name)
    if known is None:
        (area / name).mkdir()
        stage.enter(Stage(area / name, name, area))
        print(f"You are now in {name}, an empty folder of your own. %back takes you back.")
    else:
        stage.enter(known)
        print(f"You are in {name} again, as you left it. %back takes you back.")


def copy(line: str) -> None:
    """`%copy NAME`: a second copy of the current project and its database, to break things in; stand in it.

    Where there is a copy of that name already, a fresh one takes its place and the other is kept.
    """
    name = _name("%copy trap", line)
    here = stage.current()
    source = stage.known(_origins.get(name, "")) or here if here.label == name else here
    if source.label == name:
        raise Problem(f"you are in {name}; give the copy another name")
    kept = _put_aside(here, name)
    stage.enter(stage.copied(source, name))
    _origins[name] = source.label
    print(
        f"You are now in {name}, a {'fresh ' if kept else ''}copy{_of(source)}. %back takes you back.{kept}"
    )


def _of(source: Stage) -> str:
    return "" if source.label == stage.HOME else f" of {source.label}"


def _put_aside(here: Stage, name: str) -> str:
    root = here.area / name
    if not root.exists():
        return ""
    number = next(number for number in count(1) if not (here.area / f"{name}-{number}").exists())
    os.chdir(here.area)  # neither the folder nor a file in it may be in use where that forbids to rename it
    sqlmagic.forget()
    root.rename(here.area / f"{name}-{number}")
    return f" What was there is kept in ../{name}-{number}."


def back(line: str) -> None:
    """`%back`: stand in the lesson's own copy of taskmaster again."""
    if line.split():
        raise Problem("it takes no words: %back")
    home = stage.home()
    was = stage.current()
    stage.enter(home)
    print(f"You are {'in' if was is home else 'back in'} {home.label}, the lesson's copy.")


def database(line: str) -> None:
    """`%database FILE`: %sql and the views look at this SQLite file of the current folder.

    Like SQLite itself, it takes a file that is not there for a new one.
    """
    words = line.split()
    if len(words) != 1:
        raise Problem("write it like this: %database shelf.db")
    here = stage.current()
    path = (here.root / words[0]).resolve()
    if not path.is_relative_to(here.area):
        raise Problem(f"{words[0]} is not in the lesson's folder")
    if path.is_dir():
        raise Problem(f"{words[0]} is a folder")
    here.chosen = path
    stage.enter(here)
    print(f"%sql now uses {words[0]}{'' if path.exists() else ', a new file'}.")


def _name(example: str, line: str) -> str:
    words = line.split()
    if len(words) != 1:
        raise Problem(f"it takes one name: {example}")
    name = words[0]
    if not NAME.fullmatch(name):
        raise Problem(f"{name} cannot be the name; letters, digits, - and _ can: {example}")
    if name.lower() == stage.HOME:
        raise Problem(f"{stage.HOME} is the lesson's own copy; take another name")
    return name
