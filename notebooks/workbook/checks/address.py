"""Where `sqlalchemy.url` of a blog's alembic.ini leads, and what is wrong with that, in words."""

from __future__ import annotations

import os
import re
from configparser import ConfigParser, InterpolationError, InterpolationMissingOptionError
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from workbook.checks.trial import DATABASE
from workbook.checks.verdict import NotYet

INI = "alembic.ini"
URL = "sqlite:///%(here)s/" + DATABASE
MISSING = "The URL of the database is missing."
ELSEWHERE = "From another folder Alembic would make a second, empty database."
HERE = "`%(here)s` is the folder of the ini file"


def wrong(text: str, folder: Path) -> NotYet | None:
    """What is wrong with the URL in the alembic.ini of FOLDER, whose TEXT is given; None when it is right.

    A server is nothing wrong: whoever names one knows why. Raises configparser.Error where it is no ini.
    """
    ini = ConfigParser({"here": folder.as_posix().replace("%", "%%")})
    ini.read_string(text)
    raw = ini.get("alembic", "sqlalchemy.url", raw=True, fallback="")
    if not raw:
        return _not_yet(MISSING)
    if raw.startswith("driver://"):
        return _not_yet("The URL of the database is still the one that `alembic init` wrote.")
    if raw[0] in "\"'":
        return _not_yet("The URL stands in quotes; in alembic.ini they would be a part of it.")
    try:
        url = ini.get("alembic", "sqlalchemy.url")
    except InterpolationMissingOptionError as error:
        return _not_yet(
            f"The URL has %({error.reference})s in it, and alembic.ini has nothing of that name.", f"{HERE}."
        )
    except InterpolationError:
        return _not_yet("The URL has a % that stands for nothing.", f"A % of its own is written %%; {HERE}.")
    slashes = re.match(r"sqlite(?:\+\w+)?:(/*)", url)
    written = re.match(r"sqlite(?:\+\w+)?:(/*)", raw)
    if slashes and written and len(written[1]) < 3:
        found = ("no slash", "1 slash", "2 slashes")[len(written[1])]
        return _not_yet(f"The URL has {found} behind `sqlite:`; in front of a file are 3.")
    return _unknown(url) or (_another_file(url, raw, folder) if slashes else None)


def of_a_server(text: str) -> NotYet | None:
    """The same where a URL that is right in itself, by `wrong`, leads to a server; None where to a file."""
    ini = ConfigParser(interpolation=None)
    ini.read_string(text)
    kind = ini.get("alembic", "sqlalchemy.url", fallback="sqlite:").partition(":")[0]
    if kind.startswith("sqlite"):
        return None
    return _not_yet(f"The URL means a {kind} server; your blog is {DATABASE}, beside alembic.ini.")


def _not_yet(what: str, why: str = f"Write {URL} there.") -> NotYet:
    return NotYet(what, where=INI, why=why)


def _unknown(url: str) -> NotYet | None:
    """A URL that SQLAlchemy cannot read, or whose kind of database it does not know."""
    try:
        make_url(url).get_dialect()
    except NoSuchModuleError:
        kind = url.partition(":")[0]
        spelt = " PostgreSQL is `postgresql` there." if kind.startswith("postgres") else ""
        return _not_yet(f"The URL begins with `{kind}`, and SQLAlchemy knows no such database.{spelt}")
    except ArgumentError:
        return _not_yet("The URL is none: one begins with the kind of database and `://`.")
    return None


def _another_file(url: str, raw: str, folder: Path) -> NotYet | None:
    name = make_url(url).database or ":memory:"
    if name == ":memory:":
        return _not_yet("The URL means a database in memory, which is gone when the command ends.")
    path = Path(name.removeprefix("file:"))
    if not path.is_absolute():
        return _not_yet(f"The URL {raw} depends on the folder in which you stand.", f"{ELSEWHERE} {HERE}.")
    file, home = path.resolve(), folder.resolve()
    if file == (home / DATABASE).resolve():
        return None
    place = Path(os.path.relpath(file, home)).as_posix() if "%(here)s" in raw else str(file)
    return _not_yet(f"The URL means {place}, and your blog is {DATABASE}, beside alembic.ini.")
