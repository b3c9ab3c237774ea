"""Your turn: what the commands of `workbook` do with the student's blog. They print; these return.

The blog is the folder `blog` in the workspace. It is put aside under another name before anything takes its
place, and nothing here deletes it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from workbook import progress
from workbook.checks import runner
from workbook.checks.tasks import Task, all_tasks
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, Verdict

BLOG = "blog"


class Sorry(Exception):  # noqa: N818 - a sentence for the student
    """What cannot be done, in a sentence."""


class NoSuchTask(Sorry):
    """There is no task of that name."""


@dataclass(frozen=True)
class Standing:
    """A task and the answer to it."""

    task: Task
    verdict: Verdict
    given_up: bool = False


def blog(workspace: Path) -> Path:
    """Where the student's project is."""
    return workspace / BLOG


def standings(workspace: Path, wanted: list[Task] | None = None, *, remember: bool = True) -> list[Standing]:
    """Every task with its answer, in order.

    The capstone, which takes long, is graded only where it is among the WANTED tasks, or none are named.
    Unless it is not to REMEMBER anything, it writes into the workspace how the blog stands at the end of a
    task, for `reset`, and what it has run, for the next check.
    """
    given_up = set(progress.read(workspace).given_up)
    file = workspace / progress.FOLDER / progress.REMEMBERED if remember else None
    grade = wanted is None or any(task.project for task in wanted)
    found_by_it = runner.check(blog(workspace), remembered=file, grade=grade)
    answers = {verdict.task: verdict for verdict in found_by_it}
    found = [Standing(task, answers[task.name], task.name in given_up) for task in all_tasks()]
    chain = [one for one in found if not one.task.aside]
    done = [one.task.name for one in chain if one.verdict.state == CORRECT]
    if remember and done and all(one.verdict.state != NOT_YET for one in chain):
        with suppress(OSError, progress.BusyError):  # what cannot be kept is no reason to give no answer
            progress.keep(workspace, done[-1], blog(workspace))
    return found


def named(name: str) -> list[Task]:
    """The tasks of a lesson (`05`), or one (`05.2`). Raises NoSuchTask when there is none of that name."""
    lesson, point, number = name.partition(".")
    found = [
        task
        for task in all_tasks()
        if lesson and task.lesson == lesson.zfill(2) and (not point or str(task.number) == number)
    ]
    if not found:
        known = ", ".join(task.name for task in all_tasks())
        said = f"There is no task {name}" if name.strip() else "That is the name of no task"
        raise NoSuchTask(f"{said}; there are {known}.")
    return found


def asked(found: list[Standing], wanted: list[Task]) -> list[Standing]:
    """The WANTED ones. In front of them what is wrong in the blog before them: it hides them."""
    shown = [one for one in found if one.task in wanted]
    waiting = next(
        (one for one in shown if one.verdict.state == NOT_ATTEMPTED and not one.task.exhibit), None
    )
    if waiting is None or any(one.verdict.state == NOT_YET for one in shown):
        return shown
    before = found[: found.index(waiting)]
    wrong = [one for one in before if one.verdict.state == NOT_YET and not one.task.aside]
    return [*wrong[:1], *shown]


def next_one(found: list[Standing]) -> Standing | None:
    """The first that is not correct; None when all are."""
    return next((one for one in found if one.verdict.state != CORRECT), None)


def hint(workspace: Path, task: Task) -> tuple[str, int, int]:
    """The next hint for a task (the last one again when there is no more), which it is, and of how many."""
    with progress.changed(workspace) as remembered:
        seen = min(remembered.hints.get(task.name, 0) + 1, len(task.hints))
        remembered.hints[task.name] = seen
    return task.hints[seen - 1], seen, len(task.hints)


def solution(workspace: Path, task: Task, *, give_up: bool) -> dict[str, str]:
    """The files of the reference solution, by name. Raises Sorry while it is neither done nor given up."""
    found = {one.task.name: one for one in standings(workspace, [task])}[task.name]
    if found.verdict.state != CORRECT and not found.given_up:
        if not give_up:
            raise Sorry(
                f"{task.name} is {found.verdict.state}. The solution opens when it is correct, "
                f"or with: workbook solution {task.name} --give-up"
            )
        with progress.changed(workspace) as remembered:
            remembered.given_up.append(task.name)
    return {
        path.relative_to(task.folder / "solution").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((task.folder / "solution").rglob("*"))
        if path.is_file() and path.suffix in (".py", ".ini", ".txt")
    }


def goto(workspace: Path, task: Task, *, why: str = "goto") -> str | None:
    """Put the blog where a task begins, as the reference solutions leave it.

    Returns the name under which the student's own is kept; None when there was none.
    """
    from workbook.checks import building  # only here: it takes Alembic, and a check in a terminal does not

    with new_blog(workspace) as new:
        try:
            building.build(new, _with_environments(task))
        except building.BuildError as error:
            raise Sorry(_cannot_build(new, error)) from error
        return take_place(workspace, new, f"{why} {task.name}")


def _cannot_build(root: Path, error: Exception) -> str:
    odd = [letter for letter in "%?#" if letter in str(root)]
    if odd:
        return (
            f"The path {root.parent} has a {odd[0]} in it, which means something else in alembic.ini or in a "
            "URL: Alembic finds no database there. Rename that folder, or take another workspace."
        )
    return f"The blog cannot be built, and yours is as it was: {error}"


@contextmanager
def new_blog(workspace: Path) -> Iterator[Path]:
    """An empty folder, where a new blog is made. What has not taken its place at the end, is removed."""
    new = free(workspace, "new")
    while True:
        try:
            new.mkdir()
            break
        except FileExistsError:  # another command was faster
            new = free(workspace, "new")
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def reset(workspace: Path, task: Task) -> tuple[str | None, bool]:
    """Put the student's own blog back to where a task begins: as it was when the one before was correct.

    Where no check saw that, it is as the reference solutions leave it. Returns the name under which the
    present one is kept, and whether what is there now is the student's own.
    """
    before = _before(task)
    copy = progress.kept(workspace).get(before[-1].name) if before else None
    if copy is None:
        return goto(workspace, task, why="reset"), False
    with new_blog(workspace) as new:
        shutil.copytree(copy, new, symlinks=True, dirs_exist_ok=True)
        return take_place(workspace, new, f"reset {task.name}"), True


def _before(task: Task) -> list[Task]:
    """The tasks of the blog's chain before a task."""
    place = task.lesson, task.number
    return [one for one in all_tasks() if not one.aside and (one.lesson, one.number) < place]


def _with_environments(task: Task) -> list[Task]:
    """Those, and the tasks beside the chain that only changed files: the page may go on with these."""
    place = task.lesson, task.number
    return [
        one for one in all_tasks() if (not one.aside or one.only_files) and (one.lesson, one.number) < place
    ]


def exhibit(workspace: Path, name: str, *, again: bool) -> tuple[str, bool, str | None]:
    """Put an exhibit of the museum into the workspace, where it is not there yet; AGAIN: a fresh one.

    Returns what is wrong there, whether it is new, and under which name one that was there is kept. Raises
    Sorry when there is no such exhibit.
    """
    from workbook.exhibits import EXHIBITS, yours  # only here, as above

    if name not in EXHIBITS:
        raise Sorry(f"There is no exhibit {name}; there are {', '.join(EXHIBITS)}.")
    kept = yours.put_aside(workspace, name) if again else None
    new = not yours.place(workspace, name).exists()
    if new:
        yours.make(workspace, name)
    return f"{EXHIBITS[name].title}. {EXHIBITS[name].story}", new, kept


def capstone(workspace: Path, *, again: bool) -> tuple[bool, str | None]:
    """Put the capstone into the workspace, where it is not there yet; AGAIN: a fresh one.

    Returns whether it is new, and under which name one that was there is kept.
    """
    from workbook import capstone as project  # only here, as above

    kept = project.put_aside(workspace) if again else None
    new = not project.place(workspace).exists()
    if new:
        workspace.mkdir(parents=True, exist_ok=True)
        project.make(project.place(workspace))
    return new, kept


def take_place(workspace: Path, new: Path, why: str) -> str | None:
    """Put the folder NEW in the place of the blog. Returns the name under which the present one is kept.

    What `undo` needs is written down first: whoever is stopped between the two steps is helped by it.
    """
    here = blog(workspace)
    with progress.alone(workspace):
        kept = free(workspace, "before").name if os.path.lexists(here) else None
        remembered = progress.read(workspace)
        remembered.put_aside.append(progress.PutAside(why, kept))
        progress.write(workspace, remembered)
        try:
            if kept:
                here.rename(workspace / kept)
            new.rename(here)
        except OSError:
            if kept and not os.path.lexists(here):
                (workspace / kept).rename(here)
            remembered.put_aside.pop()
            progress.write(workspace, remembered)
            raise
    return kept


def why_missing(workspace: Path) -> tuple[str, str] | None:
    """What a student should know whose blog seems not to be there, and is not lost; and what to do.

    None where it is there, or was never begun.
    """
    here = blog(workspace)
    if here.is_symlink() and not here.exists():
        return f"{here} is a link to {here.readlink()}, which is not there.", "Is a drive missing?"
    last = next(iter(progress.read(workspace).put_aside[-1:]), None)
    if last is None or last.kept is None or os.path.lexists(here) or not (workspace / last.kept).is_dir():
        return None
    return (
        f"There is no folder {BLOG} in {workspace}: {last.why} put it aside as {last.kept}.",
        "Bring it back with: workbook undo",
    )


def undo(workspace: Path) -> tuple[str, str | None]:
    """Take the last goto, reset or repair back. Returns what it was, and where the present blog is kept.

    Raises Sorry when there is nothing to take back.
    """
    if not progress.read(workspace).put_aside:
        raise Sorry("There is nothing to take back.")
    with progress.alone(workspace):
        remembered = progress.read(workspace)
        if not remembered.put_aside:  # another command was faster
            raise Sorry("There is nothing to take back.")
        last = remembered.put_aside.pop()
        there = not last.kept or os.path.lexists(workspace / last.kept)
        here, kept = blog(workspace), None
        if there and os.path.lexists(here):
            kept = free(workspace, "undone").name
            here.rename(workspace / kept)
        try:
            if there and last.kept:
                (workspace / last.kept).rename(here)
            progress.write(workspace, remembered)  # also where it is gone: what came before can come back
        except OSError:
            if there and last.kept and os.path.lexists(here):
                here.rename(workspace / last.kept)
            if kept:
                (workspace / kept).rename(here)
            raise
    if not there:
        raise Sorry(
            f"What {last.why} had put aside, {last.kept}, is not there any more; your blog stays as it is. "
            "The next workbook undo takes back what came before."
        )
    return last.why, kept


def free(workspace: Path, word: str) -> Path:
    """A name in the workspace that nothing has yet, like blog-before-1."""
    workspace.mkdir(parents=True, exist_ok=True)
    number = 1
    while os.path.lexists(path := workspace / f"{BLOG}-{word}-{number}"):
        number += 1
    return path


def saves(
    folder: Path, *others: Path, every: float = 0.2, sleep: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Yield a name each time when a file of the project has changed, or of OTHERS; the first one at once."""
    last: dict[str, str] | None = None
    while True:
        now = _stamps(folder)
        for other in others:
            now |= {f"{other.name}/{name}": stamp for name, stamp in _stamps(other).items()}
        if last is None:
            yield ""
        elif now != last:
            yield next(iter(sorted(name for name in {*now, *last} if now.get(name) != last.get(name))))
        last = now
        sleep(every)


def _stamps(folder: Path) -> dict[str, str]:
    """A stamp of each file that a check looks at. The database's own companions come and go."""
    found = {}
    for path in folder.rglob("*"):
        if path.suffix in (".py", ".ini", ".db", ".mako") and "__pycache__" not in path.parts:
            try:
                state = path.stat()
            except FileNotFoundError:
                continue
            found[path.relative_to(folder).as_posix()] = f"{state.st_mtime_ns} {state.st_size}"
    return found
