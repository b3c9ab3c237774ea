"""Where the database is. (All that a lesson's copy needs of the app's own database.py.)"""

import os
from configparser import ConfigParser
from pathlib import Path


def database_url(ini: str) -> str:
    """Return the URL: the environment variable TASKMASTER_DATABASE_URL, or what the ini file says."""
    parser = ConfigParser({"here": str(Path(ini).resolve().parent)})
    parser.read(ini, encoding="utf-8")
    return os.environ.get("TASKMASTER_DATABASE_URL") or parser["alembic"]["sqlalchemy.url"]
