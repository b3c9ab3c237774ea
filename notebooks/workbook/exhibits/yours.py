"""An exhibit of the student's own: in the folder `museum` of the workspace, where a check looks at it."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

from workbook.exhibits import EXHIBITS, Shop
from workbook.photo import Photo
from workbook.progress import MUSEUM


def place(workspace: Path, name: str) -> Path:
    """The folder of the student's own exhibit of that name, whether it is there or not."""
    return workspace / MUSEUM / name


def make(workspace: Path, name: str) -> None:
    """Make it. Raises FileExistsError when it is there."""
    root = place(workspace, name)
    root.parent.mkdir(parents=True, exist_ok=True)
    EXHIBITS[name].make(Shop(root))


def put_aside(workspace: Path, name: str) -> str | None:
    """Give the one that is there another name. Returns that name; None when there was none."""
    root = place(workspace, name)
    if not root.exists():
        return None
    free = next(path for number in count(1) if not (path := root.with_name(f"{name}-{number}")).exists())
    root.rename(free)
    return free.name


def before(name: str) -> Photo:
    """What the exhibit's database was before it went wrong; it is the same every time."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return EXHIBITS[name].make(Shop(Path(folder).resolve() / name))
