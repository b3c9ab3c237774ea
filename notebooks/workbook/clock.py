"""The lessons' clock stands still, so that no output depends on the day: a Monday morning in March."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, event

VARIABLE = "TASKMASTER_NOW"  # the app reads it
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def stop() -> None:
    """Fix "now" for every SQLite connection that SQLAlchemy opens in this process from here on.

    CURRENT_TIMESTAMP as a default and in a rebuilt table is the fixed moment too.
    """
    if not event.contains(Engine, "connect", _fix):
        event.listen(Engine, "connect", _fix)


def go_on() -> None:
    """Undo `stop` for connections that are opened from here on."""
    if event.contains(Engine, "connect", _fix):
        event.remove(Engine, "connect", _fix)


def _fix(connection: Any, _record: Any) -> None:
    driver = getattr(connection, "driver_connection", connection)
    if isinstance(driver, sqlite3.Connection):
        driver.create_function("current_timestamp", 0, _now)
        driver.create_function("current_date", 0, _today)


def _now() -> str:
    return NOW.strftime("%Y-%m-%d %H:%M:%S")


def _today() -> str:
    return NOW.strftime("%Y-%m-%d")
