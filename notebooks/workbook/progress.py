"""What a workspace remembers of its student: hints seen, tasks given up, and what was put aside.

It lies in the workspace, in one small JSON file, and holds nothing that a check relies on: the answers always
come from the student's files and database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = ".workbook.json"


@dataclass
class PutAside:
    """A blog that a `goto` or `reset` has put aside, under another name."""

    why: str
    kept: str | None  # None: there was none before


@dataclass
class Progress:
    """All of it. `hints` counts those seen by task; `given_up` are tasks whose solution was opened unsolved."""

    hints: dict[str, int] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    put_aside: list[PutAside] = field(default_factory=list)
    applied: dict[str, str] = field(default_factory=dict)  # a checksum of each revision file that has run


def read(workspace: Path) -> Progress:
    """What the workspace remembers; nothing yet where there is no file, or one that nobody can read."""
    try:
        found = json.loads((workspace / FILE).read_text(encoding="utf-8"))
        found["put_aside"] = [PutAside(**one) for one in found.get("put_aside", [])]
        return Progress(**found)
    except (OSError, ValueError, TypeError):
        return Progress()


@contextmanager
def changed(workspace: Path) -> Iterator[Progress]:
    """What the workspace remembers, to be changed; it is written when the body ends well."""
    found = read(workspace)
    yield found
    workspace.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(found), indent=2, ensure_ascii=False, sort_keys=True)
    new = workspace / f"{FILE}.new"
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(workspace / FILE)
