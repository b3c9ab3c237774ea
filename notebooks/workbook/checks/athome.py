"""Sees to it that the copy of a blog uses its own database, wherever the student's settings send the blog.

The variable that lesson 14 introduces, and an absolute path, name the student's database and not the copy's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "BLOG_DATABASE_URL"
IN_DOTENV = re.compile(rf"^(\s*(?:export\s+)?{VARIABLE}\s*=\s*)(\S.*)$".encode(), re.MULTILINE)
IN_INI = re.compile(rb"^(sqlalchemy\.url\s*[=:]\s*sqlite(?:\+\w+)?:///)(\S.*?)(\s*)$", re.MULTILINE)
DRIVER = re.compile(rb"""["']?(sqlite(?:\+\w+)?):""")


def settle(folder: Path, copy: Path) -> None:
    """Let the `.env` and the alembic.ini of a COPY of FOLDER name the database of the copy.

    What `.env` says of the variable becomes blog.db, whatever it was; in alembic.ini, an absolute path into
    FOLDER becomes one into the COPY.
    """
    _change(copy / ".env", IN_DOTENV, _blog_db)
    _change(copy / "alembic.ini", IN_INI, lambda found: _relative(found, folder))


def environment() -> dict[str, str]:
    """The environment of a check. A check that is about the variable sets it."""
    return {name: value for name, value in os.environ.items() if name != VARIABLE}


@contextmanager
def without_the_variable() -> Iterator[None]:
    """The same, where there is no other process to give it to."""
    before = os.environ.pop(VARIABLE, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[VARIABLE] = before


def _change(path: Path, pattern: re.Pattern[bytes], to: Callable[[re.Match[bytes]], bytes]) -> None:
    if path.is_file():
        written = path.read_bytes()
        changed = pattern.sub(to, written)
        if changed != written:
            path.chmod(0o644)  # of a file that nobody may write, the copy is another one
            path.write_bytes(changed)


def _blog_db(found: re.Match[bytes]) -> bytes:
    driver = DRIVER.match(found[2])
    return found[1] + (driver[1] if driver else b"sqlite") + b":///blog.db"


def _relative(found: re.Match[bytes], folder: Path) -> bytes:
    path = Path(os.fsdecode(found[2]).replace("%%", "%"))
    if not path.is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        return found[0]
    inside = path.resolve().relative_to(folder.resolve()).as_posix().replace("%", "%%")
    return found[1] + b"%(here)s/" + os.fsencode(inside) + found[3]
