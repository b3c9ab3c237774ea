"""%show, %%file, %%change and %models: the files of the current project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from workbook import stage
from workbook.html import (
    Card,
    card,
    code,
    difference,
    lines_of,
    sentence,
    text_difference,
)
from workbook.stage import Problem, Stage

LANGUAGES = {".py": "python", ".ini": "ini", ".cfg": "ini", ".toml": "toml", ".mako": "mako", ".sql": "sql"}
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def show(line: str) -> Card:
    """`%show PATH [FIRST-LAST]`: a file of the current project, or the tree of a folder."""
    words = line.split()
    if not 1 <= len(words) <= 2:
        raise Problem("write it like this: %show alembic.ini, or %show alembic.ini 3-8")
    path = _path(words[0])
    title = _title(path)
    if path.is_dir():
        if len(words) == 2:
            raise Problem(f"{words[0]} is a folder; it has no lines")
        text = "\n".join([title, *_tree(path, "")])
        return Card(card(title, code("\n".join(_tree(path, "")), "text")), text)
    source = _read(path, words[0])
    first, last = _range(words[1] if len(words) == 2 else None, source, words[0])
    part = "\n".join(lines_of(source)[first - 1 : last])
    return Card(
        card(title, code(part, LANGUAGES.get(path.suffix, "text"), first=first)), _numbered(part, first)
    )


def _tree(folder: Path, margin: str) -> Iterator[str]:
    entries = sorted(
        (entry for entry in folder.iterdir() if entry.name not in LEFT_OUT),
        key=lambda entry: (entry.is_file(), entry.name),
    )
    for entry in entries:
        last = entry is entries[-1]
        yield f"{margin}{'└── ' if last else '├── '}{entry.name}{'/' if entry.is_dir() else ''}"
        if entry.is_dir():
            yield from _tree(entry, margin + ("    " if last else "│   "))


def _range(words: str | None, source: str, name: str) -> tuple[int, int]:
    count = len(lines_of(source))
    if words is None:
        return 1, count
    match = RANGE.fullmatch(words)
    if match is None:
        raise Problem(f"{words} is no line and no range of lines, like 3 or 3-8")
    first = int(match[1])
    last = min(int(match[2] or first), count)
    if not 1 <= first <= last:
        raise Problem(f"{name} has the lines 1-{count}, not {words}")
    return first, last


def _numbered(text: str, first: int) -> str:
    lines = lines_of(text)
    width = len(str(first + len(lines) - 1))
    return "\n".join(f"{at:>{width}}  {line}".rstrip() for at, line in enumerate(lines, first))


def write(line: str, cell: str) -> None:
    """`%%file PATH`: the cell becomes the file."""
    path, name = _target(line, "%%file models.py")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = cell if cell.endswith("\n") or not cell else f"{cell}\n"
    path.write_text(text, encoding="utf-8")
    count = len(lines_of(text)) if text else 0
    print(f"Wrote {name}, {count} line{'' if count == 1 else 's'}.")


def change(line: str, cell: str) -> Card:
    """`%%change PATH`: in the file, the lines that begin with `- ` become those that begin with `+ `.

    Lines that begin with two spaces stand around them and stay. What is to be replaced must be there
    exactly once; the file stays as it is otherwise.
    """
    path, name = _target(line, "%%change models.py")
    if not path.is_file():
        raise Problem(f"there is no file {name} here")
    old, new = _old_and_new(cell)
    before = _read(path, name)
    after = _replaced(lines_of(before), old, new, name)
    path.write_text("\n".join(after) + ("\n" if before.endswith("\n") else ""), encoding="utf-8")
    return _changed_card(name, lines_of(before), after)


def _old_and_new(cell: str) -> tuple[list[str], list[str]]:
    old, new = [], []
    for line in cell.rstrip("\n").split("\n"):
        sign, text = line[:1], line[2:]
        if line[1:2] not in ("", " ") or sign not in ("-", "+", " ", ""):
            raise Problem(f'each line begins with "- ", "+ " or two spaces; this one does not: {line}')
        old += [text] if sign != "+" else []
        new += [text] if sign != "-" else []
    if not old:
        raise Problem(
            'there must be at least one line that begins with "- " or two spaces, to find the place'
        )
    return old, new


def _replaced(lines: list[str], old: list[str], new: list[str], name: str) -> list[str]:
    size = len(old)
    wanted = [line.rstrip() for line in old]
    stripped = [line.rstrip() for line in lines]
    places = [at for at in range(len(lines) - size + 1) if stripped[at : at + size] == wanted]
    if len(places) == 1:
        return lines[: places[0]] + new + lines[places[0] + size :]
    what = "this line is" if size == 1 else f"these {size} lines are"
    if places:
        raise Problem(
            f"{what} in {name} {len(places)} times; add a line from above or below that stays, "
            "with two spaces before it. Nothing was changed"
        )
    if _is_there(stripped, [line.rstrip() for line in new]):
        raise Problem(f"{name} has this change already. Nothing was changed")
    raise Problem(f"{what} not in {name}, letter for letter{_misfit(stripped, wanted)}. Nothing was changed")


def _misfit(lines: list[str], wanted: list[str]) -> str:
    """The first of the wanted lines that does not fit, and what is wrong with it when that can be told."""
    fitting, place = _longest_fit(lines, wanted)
    line = wanted[fitting]
    like_it = lines[place : place + 1] + ([] if line in lines else lines)
    other = next((it for it in like_it if line.strip() and it.strip() == line.strip()), None)
    if other is not None:
        return f': "{line.strip()}" has {_indent(other)} spaces before it there, and {_indent(line)} here'
    if len(wanted) == 1:
        return ""
    return (
        f': the first that does not fit is "{line.strip()}"' if line.strip() else ": an empty line too many"
    )


def _longest_fit(lines: list[str], wanted: list[str]) -> tuple[int, int]:
    """How many of the wanted lines fit at best, and the place of the line that should have been the next."""
    fits = [(_fitting(lines[at:], wanted), at) for at in range(len(lines))]
    fitting, at = max(fits, key=lambda fit: fit[0], default=(0, 0))
    return fitting, at + fitting


def _fitting(lines: list[str], wanted: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lines, wanted, strict=False)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_there(lines: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    return any(any(wanted) and lines[at : at + size] == wanted for at in range(len(lines) - size + 1))


def _changed_card(name: str, before: list[str], after: list[str]) -> Card:
    old, new = "\n".join(before), "\n".join(after)
    return Card(card(name, difference(old, new)), f"{name}\n{text_difference(old, new)}")


def models(line: str) -> Card:
    """`%models REV`: put taskmaster's models as they were at a revision into the copy; show the change."""
    words = line.split()
    if len(words) != 1:
        raise Problem("it takes one revision: %models 0002")
    here = stage.current()
    path = here.root / "taskmaster" / "models.py"
    if not path.is_file():
        raise Problem(f"{here.label} has no taskmaster/models.py")
    before, after = _read(path, "taskmaster/models.py"), stage.models(words[0])
    path.write_text(after, encoding="utf-8")
    title = f"taskmaster/models.py, now as at {words[0]}"
    if before == after:
        same = f"taskmaster/models.py was as at {words[0]} already."
        return Card(card("", sentence(same)), same)
    return Card(card(title, difference(before, after)), f"{title}\n{text_difference(before, after)}")


def _target(line: str, example: str) -> tuple[Path, str]:
    words = line.split()
    if len(words) != 1:
        raise Problem(f"it takes one path: {example}")
    here = stage.current()
    path = (_folder(here) / words[0]).resolve()
    if not path.is_relative_to(here.area):
        raise Problem(f"{words[0]} is not in the lesson's folder")
    if path.is_dir():
        raise Problem(f"{words[0]} is a folder")
    return path, words[0]


def _path(name: str) -> Path:
    here = stage.current()
    path = (_folder(here) / name).resolve()
    if not path.is_relative_to(here.area):
        raise Problem(f"{name} is not in the lesson's folder")
    if not path.exists():
        raise Problem(f"there is no {name} in {here.label}")
    return path


def _folder(here: Stage) -> Path:
    """Where a relative path begins: the working folder, as in a terminal, while that is in the project."""
    return Path.cwd() if Path.cwd().is_relative_to(here.root) else here.root


def _title(path: Path) -> str:
    here = stage.current()
    if path == here.root:
        return f"{here.label}/"
    shown = path.relative_to(here.root) if path.is_relative_to(here.root) else path.relative_to(here.area)
    return shown.as_posix() + ("/" if path.is_dir() else "")


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Problem(f"{name} is not text") from error
