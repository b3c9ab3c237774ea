"""`bench checks`: how long a student waits for a check, beside going down and up again by hand.

Measured is the whole command, as a terminal runs it: the first check of a blog; one after its newest
revision was changed; and `alembic downgrade base` with `alembic upgrade head`, which is what one would do
instead, in a copy of the same blog, and which says less.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from workbook import progress, turn
from workbook.checks.tasks import all_tasks
from workbook.workspace import VARIABLE

from tests.bench.report import circumstances, median, milliseconds, ratio, table

FIRST, AGAIN, BY_HAND = "first check", "after a change", "down and up by hand"
HEADINGS = ("lesson", "revisions", FIRST, AGAIN, BY_HAND, "first / by hand", "after a change / by hand")
CHECK = (sys.executable, "-c", "from workbook.cli import main; main()", "check")
ALEMBIC = (sys.executable, "-m", "alembic")


def bench(lessons: Sequence[int], repetitions: int, say: Callable[[str], None]) -> str:
    """Measure a check at the end of each of LESSONS; a table, with ratios."""
    rows = []
    for lesson in lessons:
        say(f"lesson {lesson:02} ...")
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_row(f"{lesson:02}", Path(folder), repetitions))
    return f"checks: {circumstances()}\n\n{table(HEADINGS, rows)}\n"


def _row(lesson: str, workspace: Path, repetitions: int) -> list[str]:
    later = [task for task in all_tasks() if task.lesson > lesson]
    if later:
        turn.goto(workspace, later[0])
    else:
        from workbook.checks import building

        building.build(turn.blog(workspace), all_tasks())
    blog = turn.blog(workspace)
    files = sorted((blog / "migrations" / "versions").glob("*.py"))
    newest = [path for path in files if path.name.startswith("b")][-1]  # those of others have other names
    times: dict[str, list[float]] = defaultdict(list)
    for number in range(repetitions):
        shutil.rmtree(workspace / progress.FOLDER, ignore_errors=True)
        times[FIRST].append(_timed(CHECK, workspace))
        with newest.open("a", encoding="utf-8") as file:
            file.write(f"\n# {number}\n")
        times[AGAIN].append(_timed(CHECK, workspace))
        copy = workspace / "copy"
        shutil.copytree(blog, copy)
        times[BY_HAND].append(
            sum(_timed((*ALEMBIC, *words), copy) for words in (("downgrade", "base"), ("upgrade", "head")))
        )
        shutil.rmtree(copy)
    first, again, by_hand = (median(times[each]) for each in (FIRST, AGAIN, BY_HAND))
    figures = [milliseconds(each) for each in (first, again, by_hand)]
    return [lesson, str(len(files)), *figures, ratio(first, by_hand), ratio(again, by_hand)]


def _timed(words: Sequence[str], folder: Path) -> float:
    """How long a command takes in FOLDER, which is also the workspace."""
    environment = os.environ | {VARIABLE: str(folder)}
    begin = time.perf_counter()
    subprocess.run(words, cwd=folder, env=environment, check=False, capture_output=True)
    return time.perf_counter() - begin
