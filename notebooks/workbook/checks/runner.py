"""Checks a project: copies it, and lets its code run in a process of its own, for a limited time.

Where there are no processes (in a browser), it runs in this one, without a limit.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from workbook.checks.child import JOBS
from workbook.checks.guard import MOST_BYTES
from workbook.checks.tasks import Task, all_tasks
from workbook.checks.verdict import NOT_ATTEMPTED, NotYet, Verdict
from workbook.progress import LEFT_OUT

SECONDS = 10.0


def check(folder: Path, *, seconds: float = SECONDS) -> list[Verdict]:
    """The answer to every task, for the project in FOLDER, which is not touched."""
    tasks = all_tasks()
    if not (folder / "alembic.ini").is_file():
        return [Verdict(task.name, NOT_ATTEMPTED) for task in tasks]
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as area:
        copy = Path(area).resolve() / "blog"
        try:
            _copy(folder, copy)
            return [Verdict(**found) for found in _run(copy, seconds, "answers")]
        except NotYet as problem:
            return [Verdict.not_yet(tasks[0].name, problem), *_rest(tasks[1:])]


def drift(folder: Path, *, seconds: float = SECONDS) -> list[str]:
    """In what the project's own database is not as its revision files make it, a sentence each.

    Raises NotYet when the files do not run.
    """
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as area:
        copy = Path(area).resolve() / "blog"
        _copy(folder, copy)
        found = _run(copy, seconds, "drift")
        if isinstance(found, dict):
            raise NotYet(**found)
        return list(found)


def _rest(tasks: list[Task]) -> list[Verdict]:
    return [Verdict(task.name, NOT_ATTEMPTED) for task in tasks]


def _copy(folder: Path, copy: Path) -> None:
    size = sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not set(path.parts) & set(LEFT_OUT)
    )
    if size > MOST_BYTES:
        raise NotYet(
            f"This folder holds {size // 1_000_000} MB; a check copies it, and copies no more than 100."
        )
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=False)


def _run(copy: Path, seconds: float, job: str) -> Any:
    """What a job of the child finds. It gets a process of its own, where there are processes."""
    if sys.platform == "emscripten":
        return JOBS[job](copy)
    result = copy.parent / "result.json"
    words = [sys.executable, "-m", "workbook.checks.child", job, str(copy), str(result), str(seconds)]
    with subprocess.Popen(
        words,
        cwd=copy.parent,  # what lies where the person stands, is imported by nobody
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        ended = _wait(child, copy, seconds)
        said = child.stderr.read() if child.stderr and ended else ""
    if result.is_file():
        return json.loads(result.read_text(encoding="utf-8"))
    trace = Path(f"{result}.trace")
    where = _place(copy, trace.read_text(encoding="utf-8") if trace.is_file() else "")
    if where or not ended:
        raise NotYet(
            f"Your code has not come to an end after {seconds:.0f} seconds.",
            where=where,
            why="Is there a loop that never ends?",
        )
    raise NotYet(f"The check itself broke down: {(said.strip().splitlines() or ['no word'])[-1]}.")


def _wait(child: subprocess.Popen[str], copy: Path, seconds: float) -> bool:
    """Wait for the end; False when it had to be made."""
    until = time.monotonic() + seconds + 2
    while True:
        try:
            child.wait(timeout=0.25)
            return True
        except subprocess.TimeoutExpired:
            if time.monotonic() < until and not _floods(copy):
                continue
            child.kill()
            child.wait()
            if time.monotonic() < until:
                raise NotYet("Your code writes more than 100 MB into its folder.") from None
            return False


def _floods(copy: Path) -> bool:
    return sum(path.stat().st_size for path in copy.rglob("*.db*") if path.is_file()) > 3 * MOST_BYTES


def _place(copy: Path, trace: str) -> str:
    """The innermost place in the student's own files, of a trace that begins with the innermost."""
    for name, line, function in re.findall(r'File "(.+)", line (\d+) in (\S+)', trace):
        if Path(name).is_relative_to(copy):
            short = Path(name).relative_to(copy).as_posix()
            return f"{short}, line {line}" + (f", in {function}()" if function != "<module>" else "")
    return ""
