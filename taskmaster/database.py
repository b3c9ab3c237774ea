"""Where the database is, and how it is opened."""

from __future__ import annotations

import os
from configparser import ConfigParser
from pathlib import Path

URL_VARIABLE = "TASKMASTER_DATABASE_URL"
PROJECT = Path(__file__).resolve().parents[1]


def database_url(ini: str | os.PathLike[str] | None = None) -> str:
    """Return the URL of the database, as SQLAlchemy reads it. Everything asks here.

    In this order: the environment variable TASKMASTER_DATABASE_URL, the same name in the file `.env`
    beside the ini file, `sqlalchemy.url` in the ini file INI (by default this project's alembic.ini).
    Raises KeyError when none of them has it.
    """
    ini = Path(ini) if ini else PROJECT / "alembic.ini"
    return os.environ.get(URL_VARIABLE) or _from_dotenv(ini.parent / ".env") or _from_ini(ini)


def _from_dotenv(path: Path) -> str | None:
    if not path.is_file():
        return None
    from dotenv import dotenv_values  # only where there is such a file

    return dotenv_values(path).get(URL_VARIABLE)


def _from_ini(ini: Path) -> str:
    parser = ConfigParser({"here": str(ini.resolve().parent)})
    parser.read(ini, encoding="utf-8")
    return parser["alembic"]["sqlalchemy.url"]
