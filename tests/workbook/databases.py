"""Small databases to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from workbook.photo import Photo, take


def photo(folder: Path, name: str, *statements: str | tuple[str, Sequence[tuple[object, ...]]]) -> Photo:
    """Make a SQLite file by these statements (or statement and rows) and take a photo of it."""
    engine = sa.create_engine(f"sqlite:///{folder / name}.db", poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            if isinstance(statement, str):
                connection.exec_driver_sql(statement)
            else:
                connection.exec_driver_sql(statement[0], list(statement[1]))
    return take(engine)
