"""The commands of `workbook` for "Your turn": checks, hints, solutions, and what helps when one is stuck."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable
from functools import wraps
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from workbook import progress
from workbook import workspace as ws

SIGNS = {"correct": "✓", "not yet": "✗", "not attempted": "·"}
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
        except Sorry as sorry:
            raise click.ClickException(str(sorry)) from sorry
        except KeyboardInterrupt:
            click.echo("")
            sys.exit(130)

    return run


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
    found = turn.standings(folder)
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
    The exit status is 0 when all that was asked about is correct.
    """
    from workbook import turn

    if folder is not None:
        _check_all(folder, lesson, as_csv, as_json)
        return
    wanted = {task.name for task in turn.named(lesson)} if lesson else None
    found = turn.standings(ws.folder(workspace).resolve())
    shown = [one for one in found if one.task.name in wanted] if wanted else _as_far(found)
    if as_json:
        _say_json([one.verdict.as_json() for one in shown])
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

    wanted = [task.name for task in (turn.named(lesson) if lesson else all_tasks())]
    workspaces = sorted(path for path in folder.iterdir() if (path / turn.BLOG).is_dir())
    if not workspaces:
        raise turn.Sorry(f"No folder in {folder} has a folder called {turn.BLOG} in it.")
    rows = []
    for path in workspaces:
        answers = {one.task.name: one.verdict for one in turn.standings(path, remember=False)}
        rows.append((path.name, [answers[name] for name in wanted]))
    if as_json:
        _say_json({name: [verdict.as_json() for verdict in verdicts] for name, verdicts in rows})
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["workspace", *wanted])
        writer.writerows([name, *(verdict.state for verdict in verdicts)] for name, verdicts in rows)
    else:
        width = max(len(name) for name, _ in rows)
        click.echo(f"{'':<{width}}  {' '.join(f'{name:<5}' for name in wanted)}".rstrip())
        for name, verdicts in rows:
            click.echo(
                f"{name:<{width}}  {' '.join(f'{SIGNS[verdict.state]:<5}' for verdict in verdicts)}".rstrip()
            )
        click.echo("✓ correct   ✗ not yet   · not attempted")


@click.command()
@in_workspace
@click.argument("task", required=False, shell_complete=_complete)
@_sorry
def hint(workspace: Path | None, task: str | None) -> None:
    """A hint for TASK (or the one you are at); the next call gives the next one."""
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    if task:
        chosen = turn.named(task)[0]
    else:
        following = turn.next_one(turn.standings(folder))
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
    """Check again each time you save a file. Ctrl-C ends it."""
    from workbook import turn

    folder = ws.folder(workspace).resolve()
    wanted = {task.name for task in turn.named(lesson)} if lesson else None
    click.echo(f"Watching {turn.blog(folder)}. Ctrl-C ends it.")
    for changed in turn.saves(turn.blog(folder), folder / progress.MUSEUM):
        found = turn.standings(folder)
        shown = [one for one in found if one.task.name in wanted] if wanted else _as_far(found)[-1:]
        click.echo(f"\n{changed} was saved." if changed else "")
        for one in shown:
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
    kept = turn.goto(folder, tasks[0])
    click.echo(f"Your blog is now as it is where {tasks[0].name} begins: {tasks[0].title}.")
    if kept:
        click.echo(f"What you had is kept as {kept}. Undo: workbook undo")


@click.command()
@in_workspace
@_sorry
def undo(workspace: Path | None) -> None:
    """Take the last goto, reset of a task or repair back."""
    from workbook import turn

    why, kept = turn.undo(ws.folder(workspace).resolve())
    click.echo(f"Taken back: {why}." + (f" What was there is kept as {kept}." if kept else ""))


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
            raise turn.Sorry(f"The repair failed, and your blog is as it was: {error}.") from error
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


def reset_task(workspace: Path, name: str) -> None:
    """`workbook reset 05.2`: what it does, and what it says. Raises UsageError when there is no such task."""
    from workbook import turn

    try:
        task = turn.named(name)[0]
    except turn.NoSuchTask as sorry:
        raise click.UsageError(str(sorry)) from sorry
    if task.exhibit:
        _exhibit(workspace, task.exhibit, again=True)
        return
    kept, own = turn.reset(workspace, task)
    whose = "you left it when the one before was correct" if own else "the reference solutions leave it"
    click.echo(f"Your blog is now as {whose}, where {task.name} begins: {task.title}.")
    if kept:
        click.echo(f"What you had is kept as {kept}. Undo: workbook undo")


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
    """Put an exhibit of lesson 11's museum into your workspace, for you to repair."""
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


COMMANDS = (status, check, hint, solution, watch, goto, undo, exhibit, doctor, explain, completion)
