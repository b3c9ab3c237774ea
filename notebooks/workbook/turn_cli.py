"""The commands of `workbook` for "Your turn": checks, hints, solutions, and what helps when one is stuck."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook import progress
from workbook import workspace as ws

if TYPE_CHECKING:
    from workbook.checks.tasks import Task
    from workbook.checks.verdict import Verdict

    Row = tuple[str, list[Verdict]]

SIGNS = {"correct": "✓", "not yet": "✗", "not attempted": "·"}
NOT_CHECKED = "not checked"  # of a whole class: the check itself could not be done there
COLOURS = {"correct": "green", "not yet": "red", "not attempted": None}
OK, NOT_DONE = 0, 1

in_workspace = click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder of your own copies (or the environment variable {ws.VARIABLE}).",
)
as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _sorry(command: Callable[..., Any]) -> Callable[..., Any]:
    """What cannot be done is one sentence and exit status 1."""

    @wraps(command)
    def run(*given: Any, **options: Any) -> Any:
        from workbook.turn import NoSuchTask, Sorry

        try:
            return command(*given, **options)
        except NoSuchTask as sorry:
            raise click.UsageError(str(sorry)) from sorry
        except (Sorry, progress.BusyError) as sorry:
            raise click.ClickException(str(sorry)) from sorry
        except BrokenPipeError:
            raise  # click ends quietly then
        except OSError as error:
            raise click.ClickException(_sentence(error)) from error
        except KeyboardInterrupt:
            click.echo("")
            sys.exit(130)

    return run


def _sentence(error: OSError) -> str:
    """What the system says, and of which file or folder."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        source, _, what = error.args[0][0]  # of many files that cannot be copied, the first
        return f"{source} cannot be copied: {what}"
    place = error.filename2 or error.filename
    return f"Cannot use {place}: {error.strerror}." if place else f"{error.strerror or error}."


def _blog_or_why_not(folder: Path, wanted: list[Task] | None = None) -> None:
    """Say what is strange about a workspace. Raises Sorry when nothing can be looked at in there.

    That there is no blog is strange only where tasks about the blog are WANTED; None: all.
    """
    from workbook import turn

    if folder.exists() and not folder.is_dir():
        raise turn.Sorry(f"{folder} is a file; a workspace is a folder.")
    missing = turn.why_missing(folder)
    if missing:
        raise turn.Sorry(" ".join(missing))
    if not folder.exists():
        click.echo(f"There is no folder {folder} yet. (workbook lessons makes it.)", err=True)
    elif wanted is None or any(task.of_the_blog for task in wanted):
        _say_what_is_missing(turn.blog(folder))


def _say_what_is_missing(blog: Path) -> None:
    """Why nothing in the blog can be attempted yet: people make its folder in another place."""
    if not blog.is_dir():
        click.echo(f"There is no folder {blog} yet: lesson 00 makes it, and works in there.", err=True)
    elif not (blog / "alembic.ini").is_file():
        click.echo(f"There is no alembic.ini in {blog}. (workbook doctor says what to do.)", err=True)


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The lessons and tasks that begin with what is typed, for the Tab key."""
    from workbook.checks.tasks import all_tasks

    names = {name for task in all_tasks() for name in (task.lesson, task.name)}
    return sorted(name for name in names if name.startswith(incomplete))


def _say_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@click.command()
@in_workspace
@as_json
@_sorry
def status(workspace: Path | None, as_json: bool) -> None:
    """Where you are: the tasks of all lessons, and what comes next."""
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    _blog_or_why_not(folder)
    found = turn.standings(folder, [])
    if as_json:
        _say_json(
            [one.verdict.as_json() | {"title": one.task.title, "given_up": one.given_up} for one in found]
        )
        return
    done = sum(one.verdict.state == "correct" for one in found)
    titles = ws.titles()
    for lesson, tasks in groupby(found, key=lambda one: one.task.lesson):
        click.echo(click.style(f"{lesson} {titles.get(lesson, '')}".rstrip(), bold=True))
        for one in tasks:
            sign = click.style(SIGNS[one.verdict.state], fg=COLOURS[one.verdict.state])
            extra = " (solution opened)" if one.given_up else ""
            click.echo(f"   {sign} {one.task.name:<5} {one.task.title}{extra}")
    width = 30
    filled = round(width * done / len(found)) if found else 0
    click.echo(f"[{'#' * filled}{'-' * (width - filled)}] {done} of {len(found)}")
    following = turn.next_one(found)
    if following is None:
        click.echo("All done.")
    elif following.verdict.state == "not yet":
        click.echo(f"Next: mend {following.task.name} (workbook check says what is wrong)")
    else:
        click.echo(f"Next: {following.task.name} {following.task.title}, in lesson {following.task.lesson}")


@click.command()
@in_workspace
@click.option(
    "--all",
    "folder",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Check every workspace below FOLDER, and print one table.",
)
@click.option("--csv", "as_csv", is_flag=True, help="With --all: the table for a spreadsheet.")
@as_json
@click.argument("lesson", required=False, shell_complete=_complete)
@_sorry
def check(
    workspace: Path | None, folder: Path | None, as_csv: bool, as_json: bool, lesson: str | None
) -> None:
    """Check your blog: the tasks of LESSON (like 05, or 05.2), or as far as you are.

    Your own files and database are not touched: a copy is run, down and up again, with rows in every table.
    The exit status is 0 when all that was asked about is correct; with --all, when every workspace could be
    checked.

    The capstone of lesson 17 takes up to half a minute, where it has changed since it was last checked.
    """
    from workbook import turn

    if folder is None and as_csv:
        raise click.UsageError("--csv is for a whole class: workbook check --all FOLDER --csv")
    if as_csv and as_json:
        raise click.UsageError("Either --csv or --json, not both.")
    if folder is not None:
        _check_all(folder, lesson, as_csv, as_json)
        return
    wanted = turn.named(lesson) if lesson is not None else None
    own = ws.folder(workspace).resolve()
    _blog_or_why_not(own, wanted)
    found = turn.standings(own, wanted)
    shown = turn.asked(found, wanted) if wanted else _as_far(found)
    if as_json:
        _say_json([one.verdict.as_json() for one in shown if not wanted or one.task in wanted])
    else:
        for one in shown:
            _say(one)
    sys.exit(OK if all(one.verdict.state == "correct" for one in shown) else NOT_DONE)


def _as_far(found: list[Any]) -> list[Any]:
    """The tasks that are done or begun; where none is wrong, the first that is not attempted as well."""
    begun = [one for one in found if one.verdict.state != "not attempted"]
    waiting = [one for one in found if one.verdict.state == "not attempted"]
    mending = any(one.verdict.state == "not yet" for one in begun)
    shown = begun if mending else [*begun, *waiting[:1]]
    return [one for one in found if one in shown]


def _say(one: Any) -> None:
    state = click.style(one.verdict.state, fg=COLOURS[one.verdict.state], bold=one.verdict.state == "not yet")
    click.echo(f"{one.task.name} {one.task.title}: {state}")
    for line in one.verdict.text.splitlines()[1:]:
        click.echo(line)


def _check_all(folder: Path, lesson: str | None, as_csv: bool, as_json: bool) -> None:
    from workbook import turn
    from workbook.checks.tasks import all_tasks

    wanted = [task.name for task in (turn.named(lesson) if lesson is not None else all_tasks())]
    workspaces, others = _workspaces(folder)
    if not workspaces:
        raise turn.Sorry(f"No folder in {folder} has a folder called {turn.BLOG} in it.")
    with _class(workspaces, wanted) as found:
        if as_json:
            rows = list(found)
            _say_json({name: [verdict.as_json() for verdict in verdicts] for name, verdicts in rows})
        elif as_csv:
            rows = _csv(found, wanted)
        else:
            rows = _table(found, wanted, [_readable(path.name) for path in workspaces])
    for name, verdicts in rows:
        if verdicts[0].state == NOT_CHECKED:
            click.echo(f"{name} was not checked: {verdicts[0].what}", err=True)
    if others:
        click.echo(f"No folder called {turn.BLOG} yet in: {', '.join(others)}.", err=True)
    sys.exit(NOT_DONE if any(verdicts[0].state == NOT_CHECKED for _, verdicts in rows) else OK)


def _workspaces(folder: Path) -> tuple[list[Path], list[str]]:
    """The workspaces below a folder, hidden ones left out, and the names of those without a blog.

    These are workspaces too, of students who have not begun: a grade sheet has a line for everybody.
    """
    from workbook import turn

    try:
        paths = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise turn.Sorry(f"{folder} cannot be read: {error.strerror}.") from error
    begun = [path for path in paths if not os.access(path, os.R_OK | os.X_OK) or turn.blog(path).is_dir()]
    others = [path for path in paths if path not in begun and not path.name.startswith(".")]
    if not begun:
        return [], []
    return sorted([*begun, *others]), [_readable(path.name) for path in others]


@contextmanager
def _class(workspaces: list[Path], wanted: list[str]) -> Iterator[Iterator[Row]]:
    """A row for each workspace, in order, each as soon as it is there. They are checked side by side."""
    from workbook.checks import runner

    def row(path: Path) -> Row:
        return _readable(path.name), _answers(path, wanted)

    if not runner.PROCESSES:
        yield map(row, workspaces)
        return
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield pool.map(row, workspaces)
    finally:
        pool.shutdown(cancel_futures=True)  # whoever reads no further, waits for no more


def _answers(workspace: Path, wanted: list[str]) -> list[Verdict]:
    """The answers about a workspace. What nobody has thought of is said of this one, and stops no other."""
    from workbook import turn
    from workbook.checks.tasks import all_tasks
    from workbook.checks.verdict import Verdict

    try:
        if not os.access(workspace, os.R_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        tasks = [task for task in all_tasks() if task.name in wanted]
        found = {one.task.name: one.verdict for one in turn.standings(workspace, tasks, remember=False)}
        return [found[name] for name in wanted]
    except Exception as error:  # whatever it is: a class of thirty does not wait for one folder
        what = (isinstance(error, OSError) and error.strerror) or f"{type(error).__name__}: {error}"
        return [Verdict(name, NOT_CHECKED, f"{what}.") for name in wanted]


def _readable(name: str) -> str:
    """The name of a folder on one line, in letters that can be written."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _csv(rows: Iterator[Row], wanted: list[str]) -> list[Row]:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["workspace", *wanted])
    shown = []
    for name, verdicts in rows:
        writer.writerow([name, *(verdict.state for verdict in verdicts)])
        shown.append((name, verdicts))
    return shown


def _table(rows: Iterator[Row], wanted: list[str], names: list[str]) -> list[Row]:
    """Print the rows as they come: a column a lesson, or a task where one lesson is asked about."""
    lessons = {name.partition(".")[0] for name in wanted}
    columns = [
        (title, [wanted.index(name) for name in group])
        for title, group in (
            [(name, [name]) for name in wanted]
            if len(lessons) == 1
            else [
                (title, list(group)) for title, group in groupby(wanted, lambda name: name.partition(".")[0])
            ]
        )
    ]
    most = max(len(title) for title, _ in columns) if len(lessons) == 1 else 2
    widths = [max(most, len(places)) for _, places in columns]
    width = max(_width(name) for name in names)
    if sys.stdout.isatty():
        width = min(width, max(8, shutil.get_terminal_size().columns - sum(widths) - len(widths) - 1))
    heads = [f"{title:<{wide}}" for (title, _), wide in zip(columns, widths, strict=True)]
    click.echo(f"{'':<{width}}  {' '.join(heads)}".rstrip())
    shown = []
    for name, verdicts in rows:
        cells = [
            f"{''.join(SIGNS.get(verdicts[place].state, '?') for place in places):<{wide}}"
            for (_, places), wide in zip(columns, widths, strict=True)
        ]
        click.echo(f"{_fitted(name, width)}  {' '.join(cells)}".rstrip())
        shown.append((name, verdicts))
    missing = any(verdicts[0].state == NOT_CHECKED for _, verdicts in shown)
    click.echo("✓ correct   ✗ not yet   · not attempted" + ("   ? not checked" if missing else ""))
    return shown


def _width(text: str) -> int:
    """How many places of a terminal it takes: two for each Chinese letter and emoji."""
    return sum(
        0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text
    )


def _fitted(text: str, width: int) -> str:
    """The text in as many places, cut where it is longer."""
    if _width(text) > width:
        while _width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))


@click.command()
@in_workspace
@click.argument("task", required=False, shell_complete=_complete)
@_sorry
def hint(workspace: Path | None, task: str | None) -> None:
    """A hint for TASK (or the one you are at); the next call gives the next one."""
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    if task is not None:
        chosen = turn.named(task)[0]
    else:
        following = turn.next_one(turn.standings(folder, []))
        if following is None:
            raise turn.Sorry("All tasks are correct.")
        chosen = following.task
    text, number, of = turn.hint(folder, chosen)
    click.echo(f"{chosen.name} {chosen.title}, hint {number} of {of}:\n\n{text}")


@click.command()
@in_workspace
@click.option("--give-up", is_flag=True, help="Open it though the task is not done; this is remembered.")
@click.argument("task", shell_complete=_complete)
@_sorry
def solution(workspace: Path | None, give_up: bool, task: str) -> None:
    """The reference solution of TASK, once it is correct."""
    from workbook import turn

    for chosen in turn.named(task):
        for name, text in turn.solution(ws.folder(workspace).resolve(), chosen, give_up=give_up).items():
            click.echo(click.style(f"# {name}", bold=True))
            click.echo(text)


@click.command()
@in_workspace
@click.argument("lesson", required=False, shell_complete=_complete)
@_sorry
def watch(workspace: Path | None, lesson: str | None) -> None:
    """Check again each time you save a file. Ctrl-C ends it.

    With LESSON (like 05, or 05.2) it looks at those tasks alone, otherwise at the one that you are at.
    """
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    tasks = turn.named(lesson) if lesson is not None else []
    _blog_or_why_not(folder, tasks or None)
    click.echo(f"Watching {turn.blog(folder)}. Ctrl-C ends it.")
    following = ""
    for changed in turn.saves(turn.blog(folder), folder / progress.MUSEUM, folder / progress.CAPSTONE):
        found = turn.standings(folder, tasks)
        last, following = following, _as_far(found)[-1].task.name
        here = [one for one in found if one.task.name in (last, following)]  # correct now, and next
        click.echo(f"\n{changed} was saved." if changed else "")
        for one in turn.asked(found, tasks) if tasks else here:
            _say(one)


@click.command()
@in_workspace
@click.argument("lesson", shell_complete=_complete)
@_sorry
def goto(workspace: Path | None, lesson: str) -> None:
    """Put your blog where LESSON (or a task, like 05.2) begins; what you had is kept beside it."""
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    tasks = turn.named(lesson)
    new = not folder.exists()
    kept = turn.goto(folder, tasks[0])
    click.echo(f"Your blog is now as it is where {tasks[0].name} begins: {tasks[0].title}.")
    if new:
        click.echo(f"There was no folder {folder}: it was made, and your blog is {turn.blog(folder)}.")
    if tasks[0].project:
        click.echo(
            f"That is about another folder, {tasks[0].project}, which stays as it is: workbook capstone"
        )
    if kept:
        click.echo(f"What you had is kept as {kept}. Undo: workbook undo")
        _say_where_they_stand(folder, kept)


def _say_where_they_stand(workspace: Path, kept: str) -> None:
    """A terminal in a folder goes along when that is renamed: alembic would run in what is kept."""
    here = Path.cwd()
    if here.is_relative_to(workspace / kept):
        blog = os.path.relpath(workspace / "blog", here)
        click.echo(f"Your terminal stands in {kept} now. Run: cd {blog}")


@click.command()
@in_workspace
@_sorry
def undo(workspace: Path | None) -> None:
    """Take the last goto, reset of a task or repair back."""
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    why, kept = turn.undo(folder)
    click.echo(f"Taken back: {why}." + (f" What was there is kept as {kept}." if kept else ""))
    if kept:
        _say_where_they_stand(folder, kept)


@click.command()
@in_workspace
@click.option(
    "--repair", is_flag=True, help="Do what is offered; what you had is kept, and undo takes it back."
)
@as_json
@_sorry
def doctor(workspace: Path | None, repair: bool, as_json: bool) -> None:
    """Say what is wrong with the folder of your blog, and offer repairs that keep your work.

    The exit status is 0 when nothing is wrong, or everything was repaired.
    """
    from workbook import doctor as ward
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    if folder.exists() and not folder.is_dir():
        raise turn.Sorry(f"{folder} is a file; a workspace is a folder.")
    found = ward.findings(folder)
    if as_json:
        _say_json([{"what": one.what, "offer": one.offer, "repairs": bool(one.repair)} for one in found])
    else:
        _say_findings(found)
    mendable = any(one.repair for one in found)
    if repair and mendable:
        try:
            done, kept = ward.repair(folder)
        except ward.REPAIRS_FAIL as error:
            said = _sentence(error) if isinstance(error, OSError) else f"{error}."
            raise turn.Sorry(f"The repair failed, and your blog is as it was: {said}") from error
        click.echo(f"Repaired {len(done)}. What you had is kept as {kept}. Undo: workbook undo", err=as_json)
        found = ward.findings(folder)
        for one in found:
            click.echo(f"Still wrong: {one.what} {one.offer}", err=as_json)
    elif mendable and not as_json:
        click.echo("\nworkbook doctor --repair does what is marked with *, and keeps what you have.")
    sys.exit(NOT_DONE if found else OK)


def _say_findings(found: list[Any]) -> None:
    if not found:
        click.echo("Nothing is wrong with your blog's folder. (workbook check looks at the tasks.)")
    for number, one in enumerate(found, start=1):
        click.echo(f"{number}. {one.what}\n   {'* ' if one.repair else ''}{one.offer}")


@click.command()
@as_json
@click.argument("message", nargs=-1)
@_sorry
def explain(as_json: bool, message: tuple[str, ...]) -> None:
    """Explain an error MESSAGE: its cause, the repair, and the lesson that shows it.

    Without words it is read from what is piped in, or pasted.
    """
    from workbook import turn
    from workbook.explain import explain as find

    if not message and sys.stdin.isatty():
        click.echo(
            "Paste the message, then press Ctrl-D on a line of its own (on Windows Ctrl-Z, Enter):", err=True
        )
    text = " ".join(message) or sys.stdin.buffer.read().decode("utf-8", "replace")
    if not text.strip():
        raise click.UsageError('Give a message: workbook explain "table posts already exists"')
    found = find(text)
    if found is None:
        raise turn.Sorry("The workbook does not know that message. Read its last line first: it says most.")
    if as_json:
        _say_json({"cause": found.cause, "repair": found.repair, "lesson": found.lesson})
        return
    width = min(shutil.get_terminal_size().columns, 100)
    for title, words in (("Why", found.cause), ("Repair", found.repair), ("Lesson", found.lesson)):
        click.echo(click.wrap_text(words, width, f"{title + ':':<8}", " " * 8))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """How the Tab key completes commands: eval "$(workbook completion bash)"."""
    from click.shell_completion import get_completion_class

    from workbook.cli import main

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(main, {}, "workbook", "_WORKBOOK_COMPLETE").source())


@_sorry
def reset_task(workspace: Path, name: str) -> None:
    """`workbook reset 05.2`: what it does, and what it says. Raises UsageError when there is no such task."""
    from workbook import turn

    task = turn.named(name)[0]
    if task.exhibit:
        _exhibit(workspace, task.exhibit, again=True)
        return
    if task.project:
        _capstone(workspace, again=True)
        return
    kept, own = turn.reset(workspace, task)
    whose = "you left it when the one before was correct" if own else "the reference solutions leave it"
    click.echo(f"Your blog is now as {whose}, where {task.name} begins: {task.title}.")
    if kept:
        click.echo(f"What you had is kept as {kept}. Undo: workbook undo")
        _say_where_they_stand(workspace, kept)


def say_how_tasks_are_reset(lesson: str) -> None:
    """After `workbook reset 02`, which is about the notebook: the words for the blog."""
    from workbook.checks.tasks import all_tasks

    names = [f"{task.lesson}.{task.number}" for task in all_tasks() if task.lesson == lesson]
    if len(names) == 1:
        click.echo(f"Your answer to its task stays. To begin that afresh: workbook reset {names[0]}")
    elif names:
        click.echo(f"Your answers to its tasks stay. To begin one afresh: workbook reset {' | '.join(names)}")


def _complete_exhibits(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The exhibits that tasks ask for, for the Tab key."""
    from workbook.checks.tasks import all_tasks

    return [task.exhibit for task in all_tasks() if task.exhibit and task.exhibit.startswith(incomplete)]


@click.command()
@in_workspace
@click.option("--again", is_flag=True, help="A fresh one; what you had is kept beside it.")
@click.argument("name", shell_complete=_complete_exhibits)
@_sorry
def exhibit(workspace: Path | None, again: bool, name: str) -> None:
    """Put an exhibit of lesson 11's museum into your workspace, for you to repair.

    Lesson 11 names them, and so does the answer to a NAME that there is not.
    """
    _exhibit(ws.folder(workspace).resolve(), name, again=again)


def _exhibit(workspace: Path, name: str, *, again: bool) -> None:
    from workbook import turn
    from workbook.checks.tasks import all_tasks

    wrong, new, kept = turn.exhibit(workspace, name, again=again)
    click.echo(wrong)
    click.echo(f"It is in {workspace / progress.MUSEUM / name}{'' if new else ', as you left it'}.")
    task = next((one.name for one in all_tasks() if one.exhibit == name), None)
    if task:
        click.echo(f"When you have repaired it: workbook check {task}")
    if kept:
        click.echo(f"What you had is kept as {progress.MUSEUM}/{kept}.")
    elif not new:
        click.echo(f"A fresh one: workbook exhibit {name} --again")


@click.command()
@in_workspace
@click.option("--again", is_flag=True, help="A fresh one; what you had is kept beside it.")
@_sorry
def capstone(workspace: Path | None, again: bool) -> None:
    """Put the capstone of lesson 17 into your workspace: taskmaster at 0019, with dirty rows.

    It is a folder of its own, beside your blog; goto, undo and doctor leave it alone.
    """
    _capstone(ws.folder(workspace).resolve(), again=again)


def _capstone(workspace: Path, *, again: bool) -> None:
    from workbook import turn

    new, kept = turn.capstone(workspace, again=again)
    click.echo(f"It is in {workspace / progress.CAPSTONE}{'' if new else ', as you left it'}.")
    click.echo("There: alembic revision, alembic upgrade head. After each change: workbook check 17")
    if kept:
        click.echo(f"What you had is kept as {kept}.")
    elif not new:
        click.echo("A fresh one: workbook capstone --again")


COMMANDS = (status, check, hint, solution, watch, goto, undo, exhibit, capstone, doctor, explain, completion)
