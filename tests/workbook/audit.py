"""What code in this process reaches for: processes, threads, and files of the repository."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from workbook import server, sessions

PROJECT = Path(__file__).resolve().parents[2]
LEAVES = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system",
    "pty.spawn", "subprocess.Popen",
}  # fmt: skip
# Event → which of its arguments are paths that it changes.
CHANGES = {
    "os.chmod": (0,), "os.link": (1,), "os.mkdir": (0,), "os.remove": (0,), "os.rename": (0, 1),
    "os.rmdir": (0,), "os.symlink": (1,), "os.truncate": (0,), "os.utime": (0,), "sqlite3.connect": (0,),
}  # fmt: skip
# Whose threads an async driver and `asyncio.run` beside a running loop cannot do without.
THREADS = {"aiosqlite.core", "concurrent.futures.thread"}
_watching: list[Watch] = []


class Watch:
    """What was seen: `left` names the ways out of the process, `touched` the paths below a folder.

    The one program that holds a PostgreSQL server is counted apart, in `servers`, told by all its words; and
    those of `%session NAME alembic …` are, in `deployers`, told by their first. So are those that an async
    driver needs, in `threads`, told by the module that runs in them.
    """

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
        self.left: list[str] = []
        self.touched: list[str] = []
        self.servers = 0
        self.deployers = 0
        self.threads = 0

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and list(arguments[1]) == server.command():
            self.servers += 1
        elif event == "subprocess.Popen" and list(arguments[1])[: len(sessions.COMMAND)] == sessions.COMMAND:
            self.deployers += 1
        elif event in LEAVES:
            self.left.append(event)
        for path in _changed(event, arguments):
            where = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100 - resolve() would raise events too
            if (
                any(where.is_relative_to(folder) for folder in self.folders)
                and "__pycache__" not in where.parts
            ):
                self.touched.append(f"{event} {where}")


def _changed(event: str, arguments: tuple[Any, ...]) -> Iterator[Any]:
    if event == "open" and _is_to_write(arguments):
        yield arguments[0]
    for at in CHANGES.get(event, ()):
        if isinstance(arguments[at], str | bytes | os.PathLike):
            yield _without_uri(os.fsdecode(arguments[at]))


def _without_uri(path: str) -> str:
    """The file that SQLite means by `file:NAME?mode=rw`."""
    return path.removeprefix("file:").partition("?")[0] if path.startswith("file:") else path


def _is_to_write(arguments: tuple[Any, ...]) -> bool:
    path, mode, flags = arguments
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    for watch in _watching:
        watch.see(event, arguments)


@contextmanager
def watch(*folders: Path) -> Iterator[Watch]:
    """Watch this process while the body runs; changes of files only below FOLDERS."""
    if not _installed:
        sys.addaudithook(_hook)  # cannot be removed again, so there is one
        _installed.append(True)
    watching = Watch(*folders)
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        # Not every Python has an audit event for it.
        if getattr(getattr(thread, "_target", None), "__module__", None) in THREADS:
            watching.threads += 1
        else:
            watching.left.append("threading.Thread")
        start(thread)

    _watching.append(watching)
    with patch.object(threading.Thread, "start", noted):
        try:
            yield watching
        finally:
            _watching.remove(watching)


_installed: list[bool] = []
