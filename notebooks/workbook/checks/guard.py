"""What a student's code may touch while it is checked: the copy, and nothing else.

This is a guard against accidents, an absolute path in alembic.ini or a `shutil.rmtree` that stands in the
wrong folder. It does not hold against somebody who wants to get past it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# By name of the event: which of its arguments are paths that would change.
CHANGES = {
    "os.remove": (0,), "os.rename": (0, 1), "os.rmdir": (0,), "os.mkdir": (0,), "os.truncate": (0,),
    "os.link": (1,), "os.symlink": (1,), "os.chmod": (0,), "os.chown": (0,), "os.utime": (0,),
    "shutil.rmtree": (0,), "shutil.move": (0, 1),
}  # fmt: skip
RELATIVE = ("os.remove", "os.rmdir", "os.mkdir")  # these end with the folder that a path is relative to
PROGRAMS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.fork",
)
NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
MOST_BYTES = 100_000_000


class OutsideError(Exception):
    """The student's code reached for something outside of the copy."""


def install(area: Path) -> None:
    """From here on, writing outside of AREA, starting programs and the network raise OutsideError.

    So does os._exit, which would end the check without a word.
    """
    inside = os.path.realpath(area)
    os._exit = _refuse_to_end

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if _writes(mode, flags) and _is_outside(path, inside):
                raise OutsideError(f"it was about to write to {path}, outside of its copy")
        elif event == "sqlite3.connect":
            if _is_outside(_file_of(arguments[0]), inside):
                raise OutsideError(f"it was about to open the database {arguments[0]}, outside of its copy")
        elif event in CHANGES:
            if (
                event.startswith("os.")
                and isinstance(arguments[-1], int)
                and arguments[-1] >= 0
                and event in RELATIVE
            ):
                return  # relative to a folder that is open: shutil.rmtree at work, which was asked already
            for position in CHANGES[event]:
                if _is_outside(arguments[position], inside):
                    raise OutsideError(f"it was about to change {arguments[position]}, outside of its copy")
        elif event in PROGRAMS:
            raise OutsideError("it was about to start another program")
        elif event in NETWORK and not _makes_a_pair():
            raise OutsideError("it was about to use the network")

    sys.addaudithook(look)


def _makes_a_pair() -> bool:
    """Whether Python makes two sockets that are joined to each other, as every event loop needs them.

    Where the system has no such pairs (on Windows), that goes through the network of this machine.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__") == "socket" and frame.f_code.co_name.endswith("socketpair"):
            return True
        frame = frame.f_back
    return False


def _refuse_to_end(status: int) -> NoReturn:
    raise OutsideError("it was about to end Python (os._exit)")


def limit_memory_and_files() -> None:
    """Let nothing flood the memory or the disk, where the system can be asked for that."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows; there the one who waits looks at the size of the folder

        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_AS, (4_000_000_000, 4_000_000_000))


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & WRITES)


def _file_of(database: object) -> object:
    text = os.fsdecode(database) if isinstance(database, bytes | os.PathLike) else database
    if not isinstance(text, str) or text in ("", ":memory:"):
        return None
    return text.removeprefix("file:").partition("?")[0]


def _is_outside(path: object, inside: str) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False  # a number: it is open already
    name = os.path.realpath(os.fsdecode(path))
    return name != os.path.realpath(os.devnull) and not name.startswith(inside + os.sep) and name != inside
