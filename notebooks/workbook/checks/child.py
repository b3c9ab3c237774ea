"""The process in which a student's code runs: `python -m workbook.checks.child JOB COPY RESULT SECONDS`.

It writes what the job finds to RESULT as JSON. What it prints, and what the student's code prints, nobody
reads.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbook.checks import answers, guard, patience
from workbook.checks.tasks import all_tasks
from workbook.checks.verdict import NotYet
from workbook.progress import REMEMBERED


def _answers(root: Path) -> list[dict[str, Any]]:
    tasks = [task for task in all_tasks() if task.of_the_blog]
    return [verdict.as_json() for verdict in answers.of_the_blog(root, tasks, root.parent / REMEMBERED)]


def _museum(museum: Path) -> list[dict[str, Any]]:
    tasks = [task for task in all_tasks() if task.exhibit and (museum / task.exhibit).is_dir()]
    return [verdict.as_json() for verdict in answers.of_the_museum(museum, tasks)]


def _drift(root: Path) -> list[str] | dict[str, str]:
    try:
        return answers.drift(root)
    except NotYet as problem:
        return {"what": problem.what, "where": problem.where, "why": problem.why}


JOBS: dict[str, Callable[[Path], Any]] = {"answers": _answers, "museum": _museum, "drift": _drift}


def main(job: str, copy: str, result: str, seconds: str) -> None:
    """Do a job for the project in COPY. When a step takes too long, RESULT.trace says where it is."""
    root, end = Path(copy), os._exit  # the guard takes it away from what runs here
    guard.limit_memory_and_files()
    with Path(f"{result}.trace").open("w", encoding="utf-8") as trace:
        faulthandler.enable(trace)  # where Python itself crashes, it says there who made it
        with patience.of(float(seconds), trace):
            guard.install(root.parent)
            found = JOBS[job](root)
    Path(result).write_text(json.dumps(found), encoding="utf-8")
    end(0)  # at once: a thread or an atexit function of theirs is not waited for


if __name__ == "__main__":
    main(*sys.argv[1:])
