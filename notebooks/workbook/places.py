"""%copy, %folder, %back, %pull and %database: where one stands, and which database is looked at."""

from __future__ import annotations

import os
import re
import shutil
from itertools import count

from workbook import moves, sqlmagic, stage
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

    `%copy NAME REVISION`: the same, but its history ends at that revision. Where there is a copy of that
    name already, a fresh one takes its place and the other is kept.
    """
    words = line.split()
    if len(words) > 2:
        raise Problem("it takes a name, and at most a revision: %copy ana 0002")
    name = _name("%copy trap", " ".join(words[:1]))
    last = words[1] if len(words) == 2 else None
    here = stage.current()
    source = stage.known(_origins.get(name, "")) or here if here.label == name else here
    if source.label == name:
        raise Problem(f"you are in {name}; give the copy another name")
    stage.check_history(source, last)
    kept = put_aside(here, name)
    made = stage.copied(source, name, last)
    moves.copied(source, made)
    stage.enter(made)
    _origins[name] = source.label
    print(
        f"You are now in {name}, a {'fresh ' if kept else ''}copy{_of(source)}"
        f"{f' whose history ends at {last}' if last else ''}. %back takes you back.{kept}"
    )


def _of(source: Stage) -> str:
    return "" if source.label == stage.HOME else f" of {source.label}"


def put_aside(here: Stage, name: str) -> str:
    """Give a folder that is in the way another name; the sentence that says so, or nothing."""
    root = here.area / name
    if not root.exists():
        return ""
    number = next(number for number in count(1) if not (here.area / f"{name}-{number}").exists())
    os.chdir(here.area)  # neither the folder nor a file in it may be in use where that forbids to rename it
    sqlmagic.forget()
    root.rename(here.area / f"{name}-{number}")
    return f" What was there is kept in ../{name}-{number}."


def back(line: str) -> None:
    """`%back`: stand in the lesson's own copy of taskmaster again. `%back NAME`: in that copy or folder."""
    words = line.split()
    if len(words) > 1:
        raise Problem("it takes no words, or one name: %back, or %back trap")
    was, there = stage.current(), _place(words[0]) if words else stage.home()
    stage.enter(there)
    lessons_own = ", the lesson's copy" if there is stage.home() else ""
    print(f"You are {'in' if was is there else 'back in'} {there.label}{lessons_own}.")


def _place(name: str) -> Stage:
    """The project of that name. Raises Problem when there is none in this lesson."""
    found = stage.known(name)
    if found is None or not found.root.is_dir():
        raise Problem(f"there is no {name} in this lesson; there are {', '.join(stage.labels())}")
    return found


def pull(line: str) -> None:
    """`%pull NAME`: take over the revision files of another copy, as `git pull` brings a colleague's.

    Only files that are not here come; nothing here is changed, and no database is.
    """
    name = _name("%pull ben", line, any_name=True)
    here, there = stage.current(), _place(name)
    if here is there:
        raise Problem(f"you are in {name}; name another copy")
    target = stage.versions(here)
    found = sorted(stage.versions(there).glob("*.py"))
    new = [path for path in found if not (target / path.name).exists()]
    for path in new:
        shutil.copy(path, target)
    names = _and([path.name for path in new])
    come = "has come" if len(new) == 1 else "have come"
    print(f"{names} {come} from {name}." if new else f"{name} has no revision file that is not here too.")
    for path in found:
        if path not in new and path.read_bytes() != (target / path.name).read_bytes():
            print(f"{path.name} is not the same there and here; yours stays as it is.")


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


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
    here.chosen, here.server = path, None
    stage.enter(here)
    print(f"%sql now uses {words[0]}{'' if path.exists() else ', a new file'}.")


def _name(example: str, line: str, *, any_name: bool = False) -> str:
    words = line.split()
    if len(words) != 1:
        raise Problem(f"it takes one name: {example}")
    name = words[0]
    if not NAME.fullmatch(name):
        raise Problem(f"{name} cannot be the name; letters, digits, - and _ can: {example}")
    if name.lower() == stage.HOME and not any_name:
        raise Problem(f"{stage.HOME} is the lesson's own copy; take another name")
    return name
