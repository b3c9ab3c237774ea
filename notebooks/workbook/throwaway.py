"""What a project that is thrown away can do without: waiting for the disk, and compiling a file again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from typing import Any

from sqlalchemy import Engine, event

_compiled: dict[tuple[str, bytes], Any] = {}


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Let every SQLite database that is opened go without `fsync`, and compile the same text only once.

    Such a database would not survive a power cut. Within another `in_a_hurry` nothing changes.
    """
    loader: Any = SourceFileLoader
    if "source_to_code" in vars(loader):
        yield
        return
    first = SourceFileLoader.source_to_code

    def once(self: Any, data: Any, path: Any, *arguments: Any, **options: Any) -> Any:
        key = (str(path), bytes(data))
        if key not in _compiled:
            _compiled[key] = first(self, data, path, *arguments, **options)
        return _compiled[key]

    loader.source_to_code = once
    event.listen(Engine, "connect", _forget_the_disk)
    try:
        yield
    finally:
        event.remove(Engine, "connect", _forget_the_disk)
        del loader.source_to_code  # its own was inherited


def _forget_the_disk(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")
