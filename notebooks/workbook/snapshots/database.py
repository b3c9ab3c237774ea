"""Where the database is. (All that a lesson's copy needs of the app's own database.py.)"""

import os
from configparser import ConfigParser
from pathlib import Path

NAME = "TASKMASTER_DATABASE_URL"


def database_url(ini: str) -> str:
    """Return the URL: of the environment variable, of the file .env beside the ini, or of the ini file."""
    folder = Path(ini).resolve().parent
    parser = ConfigParser({"here": str(folder)})
    parser.read(ini, encoding="utf-8")
    return os.environ.get(NAME) or _from_dotenv(folder / ".env") or parser["alembic"]["sqlalchemy.url"]


def _from_dotenv(path: Path) -> str | None:
    if not path.is_file():
        return None
    from dotenv import dotenv_values

    return dotenv_values(path).get(NAME)
