"""Checks a project: copies it, and lets its code run in a process of its own, for a limited time.

Where there are no processes (in a browser), it runs in this one, without a limit.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from workbook.checks import athome, memory, patience
from workbook.checks.guard import MOST_BYTES
from workbook.checks.tasks import all_tasks
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, NotYet, Verdict
from workbook.progress import LEFT_OUT, MUSEUM, REMEMBERED

SECONDS = 10.0  # for a step, see patience
FOR_THE_CAPSTONE = 25.0  # its own jobs have limits of their own; so long only it waits for them
PROCESSES = sys.platform != "emscripten"
AT_ONCE = threading.BoundedSemaphore(os.cpu_count() or 1)  # more only wait for each other


def check(
    folder: Path, *, seconds: float = SECONDS, remembered: Path | None = None, grade: bool = True
) -> list[Verdict]:
    """The answer to every task, for the blog in FOLDER and what lies beside it, which are not touched.

    REMEMBERED is a file in which a check writes down what it has run, for the next one. The capstone takes
    long: unless it is to GRADE that too, its answer is the one of the last time.
    """
    museum = folder.parent / MUSEUM
    jobs: list[Callable[[], list[Verdict]]] = []
    if _is_there(folder / "alembic.ini", Path.is_file):
        jobs.append(lambda: _blog(folder, seconds, remembered))
    if _is_there(museum, Path.is_dir):
        jobs.append(lambda: _museum(museum, seconds))
    for task in all_tasks():
        if task.project and _is_there(folder.parent / task.project, Path.is_dir):
            kept = remembered.with_name(f"{task.project}.json") if remembered else None
            jobs.append(partial(_capstone, folder.parent / task.project, task.name, kept, grade=grade))
    found = {verdict.task: verdict for verdicts in _side_by_side(jobs) for verdict in verdicts}
    return [found.get(task.name) or Verdict(task.name, NOT_ATTEMPTED) for task in all_tasks()]


def _side_by_side(jobs: list[Callable[[], list[Verdict]]]) -> list[list[Verdict]]:
    """Do the jobs, each of which waits for a process of its own."""
    if not PROCESSES or len(jobs) < 2:
        return [job() for job in jobs]
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(lambda job: job(), jobs))


def _blog(folder: Path, seconds: float, remembered: Path | None) -> list[Verdict]:
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as area:
        copy = Path(area).resolve() / "blog"
        try:
            _copy_blog(folder, copy)
        except NotYet as problem:
            return [Verdict.not_yet(all_tasks()[0].name, problem)]
        try:
            with _remembered(remembered, copy.parent / REMEMBERED):
                return [Verdict(**found) for found in _run(copy, seconds, "answers")]
        except NotYet as problem:
            return _all_but(folder, copy, problem, seconds)


def _all_but(folder: Path, copy: Path, problem: NotYet, seconds: float) -> list[Verdict]:
    """The answers without the revision that ended the check; it belongs to the first open task."""
    first = [Verdict.not_yet(all_tasks()[0].name, problem)]
    guilty = copy / problem.where.partition(",")[0]
    if guilty.parent != copy / "migrations" / "versions":
        return first
    shutil.rmtree(copy)
    _copy_blog(folder, copy)
    guilty.write_text("def (", encoding="utf-8")  # what nobody can read is set aside, and what stands on it
    try:
        found = [Verdict(**found) for found in _run(copy, seconds, "answers")]
    except NotYet:
        return first
    return [Verdict.not_yet(one.task, problem) if one.state == NOT_YET else one for one in found]


@contextmanager
def _remembered(kept: Path | None, copy: Path) -> Iterator[None]:
    """Lay what the last check has run beside the copy, and keep what this one has."""
    if kept is None:
        yield
        return
    with suppress(OSError):
        shutil.copyfile(kept, copy)
    yield
    with suppress(OSError):  # a workspace in which nothing can be written is checked all the same
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(copy, kept)


def _museum(museum: Path, seconds: float) -> list[Verdict]:
    """The answers about the exhibits that are there. One whose code does not come to an end is named."""
    tasks = {
        str(task.exhibit): task.name
        for task in all_tasks()
        if task.exhibit and _is_there(museum / task.exhibit, Path.is_dir)
    }
    if not tasks:
        return []
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as area:
        copy = Path(area).resolve() / MUSEUM
        unread = []
        for name, task in list(tasks.items()):
            try:
                _copy(museum / name, copy / name)
            except NotYet as problem:
                place = f"{MUSEUM}/{name}/{problem.where}".rstrip("/")
                unread.append(Verdict.not_yet(task, NotYet(problem.what, where=place, why=problem.why)))
                del tasks[name]
        return [*unread, *_exhibits(copy, tasks, seconds)] if tasks else unread


def _exhibits(copy: Path, tasks: dict[str, str], seconds: float) -> list[Verdict]:
    try:
        return [Verdict(**found) for found in _run(copy, seconds, "museum")]
    except NotYet as problem:
        place = re.sub(r"^\.throwaway-[^/]*/", "", problem.where)
        guilty = place.partition("/")[0]
        if guilty not in tasks:
            return [Verdict.not_yet(name, problem) for name in tasks.values()]
        found = Verdict.not_yet(
            tasks[guilty], NotYet(problem.what, where=f"{MUSEUM}/{place}", why=problem.why)
        )
        shutil.rmtree(copy / guilty)
        return [
            found,
            *_exhibits(copy, {each: name for each, name in tasks.items() if each != guilty}, seconds),
        ]


def _capstone(folder: Path, task: str, kept: Path | None, *, grade: bool) -> list[Verdict]:
    """The answer about the capstone: the one that is KEPT, where nothing has changed since; else anew."""
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as area:
        copy = Path(area).resolve() / folder.name
        try:
            _copy(folder, copy)
            digest = memory.digest_of_all(copy)
            found = _last_time(kept)
            if found.get("digest") == digest:
                return [Verdict(**found["verdict"])]
            if not grade:
                since = "has changed since it was last checked" if found else "has not been checked yet"
                raise NotYet(f"The capstone {since}.", why=f"Run: workbook check {task}")
            verdict = capstone(copy)
        except NotYet as problem:
            return [Verdict.not_yet(task, problem)]
        if kept is not None and not (verdict.state == CORRECT and verdict.what):
            with suppress(OSError):
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(
                    json.dumps({"digest": digest, "verdict": verdict.as_json()}), encoding="utf-8"
                )
        return [verdict]


def _last_time(kept: Path | None) -> dict[str, Any]:
    try:
        return dict(json.loads(kept.read_text(encoding="utf-8"))) if kept else {}
    except (OSError, ValueError, TypeError):
        return {}


def capstone(copy: Path, running: dict[str, Any] | None = None) -> Verdict:
    """The answer about a COPY of the capstone. RUNNING: the `port` and `password` of a server to use.

    Raises NotYet where the check does not come to its end.
    """
    if not PROCESSES:
        raise NotYet("Here is no process that could be killed, as this check does it. Run it in a terminal.")
    [found] = _run(copy, FOR_THE_CAPSTONE, "", module="workbook.checks.capstone", given=json.dumps(running))
    return Verdict(**found)


def drift(folder: Path, *, seconds: float = SECONDS) -> list[str]:
    """In what the project's own database is not as its revision files make it, a sentence each.

    Raises NotYet when the files do not run.
    """
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as area:
        copy = Path(area).resolve() / "blog"
        _copy_blog(folder, copy)
        found = _run(copy, seconds, "drift")
        if isinstance(found, dict):
            raise NotYet(**found)
        return list(found)


def _copy_blog(folder: Path, copy: Path) -> None:
    """`_copy` a blog; what its settings say of its database is then true of the copy's."""
    _copy(folder, copy)
    athome.settle(folder, copy)


def _copy(folder: Path, copy: Path) -> None:
    """Copy what a check looks at. Raises NotYet where it cannot be read, or is more than a check copies."""
    _copy_below(folder, copy, Path(), frozenset(), 0)


def _copy_below(folder: Path, copy: Path, place: Path, above: frozenset[str], size: int) -> int:
    """Copy a folder at its PLACE in the project, and return the bytes so far.

    Links are followed, but not one to a folder ABOVE, which has no end. A link to nowhere and what is no
    file, like a pipe, are left out.
    """
    real = os.path.realpath(folder)
    if real in above:
        return size
    try:
        copy.mkdir(parents=True)
        for path in sorted(folder.iterdir()):
            name, inside = path.name, place / path.name
            if name in LEFT_OUT:
                continue
            if path.is_dir():
                size = _copy_below(path, copy / name, inside, above | {real}, size)
            elif path.is_file():
                size += path.stat().st_size
                if size > MOST_BYTES:
                    raise NotYet(
                        "This folder holds more than 100 MB; a check copies it, and copies no more than that."
                    )
                place = inside
                shutil.copy2(path, copy / name)
                place = inside.parent
    except OSError as error:
        raise _unreadable(place, error) from error
    return size


def _unreadable(place: Path, error: OSError) -> NotYet:
    """The answer where something of the project cannot be read."""
    return NotYet(
        f"This cannot be copied: {error.strerror}.",
        where=place.as_posix() if place.name else "",
        why="A check runs a copy of your folder, and not your folder itself.",
    )


def _is_there(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether it is there, also where nobody may look; the copy says so then."""
    try:
        return kind(path)
    except PermissionError:
        return True


def _run(
    copy: Path, seconds: float, job: str, *, module: str = "workbook.checks.child", given: str = ""
) -> Any:
    """What a job of the child finds. It gets a process of its own, where there are processes."""
    if not PROCESSES:
        from workbook.checks.child import JOBS  # where there are processes, only the child takes Alembic

        with athome.without_the_variable():
            return JOBS[job](copy)
    result = copy.parent / "result.json"
    result.unlink(missing_ok=True)
    errors = copy.parent / "errors"  # a file: what is written to a pipe that nobody reads, waits for ever
    words = [sys.executable, "-P", "-m", module, job, str(copy), str(result), str(seconds)]
    question = copy.parent / "question.json"
    question.write_text(given, encoding="utf-8")
    with (
        AT_ONCE,
        question.open(encoding="utf-8") as asked,
        errors.open("wb") as said,
        subprocess.Popen(
            words,
            cwd=copy.parent,  # what lies where the person stands, is imported by nobody
            env=athome.environment(),
            stdin=asked,
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as child,
    ):
        ended = _wait(child, copy, seconds)
    if result.is_file():
        return json.loads(result.read_text(encoding="utf-8"))
    trace = _end_of(Path(f"{result}.trace"))
    where = place_in(copy, trace)
    if trace.startswith("Timeout") or not ended:
        took = seconds if ended else patience.AT_MOST * seconds
        raise NotYet(
            f"Your code has not come to an end after {took:.0f} seconds.",
            where=where,
            why="Is there a loop that never ends?",
        )
    last = _end_of(errors).strip()
    if where or not last:
        raise NotYet(
            "Your code ends Python itself, before the check has come to its end.",
            where=where,
            why="A revision returns or raises an exception; it never ends the program that runs it.",
        )
    raise NotYet(f"The check itself broke down: {last.splitlines()[-1]}.")


def _end_of(path: Path) -> str:
    """The last of what was written to a file, which may be big."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        return file.read().decode("utf-8", "replace")
    return ""


def _wait(child: subprocess.Popen[bytes], copy: Path, seconds: float) -> bool:
    """Wait for the end; False when it had to be made."""
    until = time.monotonic() + patience.AT_MOST * seconds
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
    size = 0
    for folder, _, files in os.walk(copy):  # what vanishes meanwhile, it passes by
        for name in files:
            if ".db" in name:
                with suppress(OSError):
                    size += Path(folder, name).stat().st_size
    return size > 3 * MOST_BYTES


def place_in(copy: Path, trace: str) -> str:
    """The innermost place in the student's own files, of a trace that begins with the innermost."""
    for name, line, function in re.findall(r'File "(.+)", line (\d+) in (\S+)', trace):
        if Path(name).is_relative_to(copy):
            short = Path(name).relative_to(copy).as_posix()
            return f"{short}, line {line}" + (f", in {function}()" if function != "<module>" else "")
    return ""
