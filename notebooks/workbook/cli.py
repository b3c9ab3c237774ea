"""The command `workbook`: open the lessons, begin one afresh, and keep them up to date."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from workbook import turn_cli
from workbook import workspace as ws

LAB = (sys.executable, "-m", "jupyterlab")
# Defaults for a reader, which their own settings override: links to the glossary open as a page, no news.
LAB_DEFAULTS = Path(__file__).parent / "lab"
CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
)
in_workspace = click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder of your own copies (or the environment variable {ws.VARIABLE}).",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """The Taskmaster workbook: lessons on schema migrations."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False  # otherwise there is colour on a terminal, and none in a pipe


for _command in turn_cli.COMMANDS:
    main.add_command(_command)


@main.command(context_settings={"ignore_unknown_options": True})
@in_workspace
@click.option("--no-browser", is_flag=True, help="Start JupyterLab without opening a browser.")
@click.argument("jupyterlab", nargs=-1, type=click.UNPROCESSED)
def lessons(workspace: Path | None, no_browser: bool, jupyterlab: tuple[str, ...]) -> None:
    """Open your copies of the lessons in JupyterLab.

    Copies are made where they are missing; what you wrote stays. More words go to JupyterLab as they are.
    """
    folder = ws.folder(workspace).resolve()
    with _explained(folder):
        new = ws.fill(folder)
        ws.trust(new)
    if new:
        click.echo(f"Made your own copies of {len(new)} lessons in {_short(folder)}.")
    os.environ[ws.VARIABLE] = str(folder)  # %check looks there
    command = [*LAB, f"--ServerApp.root_dir={folder}"]
    if no_browser:
        command.append("--no-browser")
    if _is_root():  # in a container root is often all there is; JupyterLab would refuse to start
        command.append("--allow-root")
    first = folder / "00-start-here.ipynb"
    command += [*jupyterlab, *([str(first)] if first.exists() else [])]
    paths = [str(LAB_DEFAULTS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    sys.exit(_call(command))


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@main.command()
@in_workspace
@click.argument("lesson")
def reset(workspace: Path | None, lesson: str) -> None:
    """Begin LESSON (like 02) afresh, or a task of your blog (like 05.2); what you had is kept beside it."""
    folder = ws.folder(workspace).resolve()
    if re.fullmatch(r"\d+\.\d+", lesson):
        turn_cli.reset_task(folder, lesson)
        return
    original = _find((lesson,))[0]
    with _explained(folder):
        copy, kept = ws.reset(original, folder)
        ws.trust([copy])
    click.echo(f"{copy.name} is as it was in the beginning.")
    if kept:
        click.echo(f"What you had is kept as {kept.name}.")
    turn_cli.say_how_tasks_are_reset(original.name[:2])


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with status 1 when something would change.")
@click.argument("lessons", nargs=-1)
def regenerate(check: bool, lessons: tuple[str, ...]) -> None:
    """Run the notebooks of the repository again and write their outputs (all, or LESSONS like 02)."""
    import asyncio

    found = _find(lessons)
    if not asyncio.run(_regenerated(found, check)):
        sys.exit(1)


async def _regenerated(paths: list[Path], check: bool) -> bool:
    from workbook.regenerate import regenerate as run

    well = True
    async for result in run(paths, check=check):
        if result.problem:
            click.echo(f"{result.path.name}: {result.problem}", err=True)
        elif result.changed:
            click.echo(f"{result.path.name} {'would change' if check else 'changed'}")
        else:
            click.echo(f"{result.path.name} is as it was")
        well = well and not result.problem and not (check and result.changed)
    return well


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with status 1 when something would change.")
def readme(check: bool) -> None:
    """Make the lists in the README anew: the lessons, the commands, what each revision unlocks."""
    from workbook.readme import made

    path = ws.PROJECT / "README.md"
    before = path.read_text(encoding="utf-8")
    after = made(before)
    if after == before:
        click.echo("README.md is as it was")
        return
    if check:
        click.echo("README.md would change")
        sys.exit(1)
    path.write_text(after, encoding="utf-8")
    click.echo("README.md changed")


@main.command()
def lint() -> None:
    """Look at the code: format, rules, types."""
    failed = [words[0] for words in CHECKS if _call([sys.executable, "-m", *words], cwd=ws.PROJECT)]
    sys.exit(1 if failed else 0)


def _call(command: list[str], cwd: Path | None = None) -> int:
    """Run a program in this terminal; its exit status. Ctrl-C and SIGTERM are the program's own affair."""
    with subprocess.Popen(command, cwd=cwd) as program:
        before = signal.signal(signal.SIGTERM, lambda *_: program.terminate())
        try:
            while True:
                with suppress(KeyboardInterrupt):
                    return program.wait()
        finally:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Say in one sentence that the copies cannot be in FOLDER, whatever is in the way."""
    try:
        yield
    except shutil.SameFileError as error:
        raise click.ClickException(f"{folder} holds the lessons themselves; name another folder.") from error
    except OSError as error:
        raise click.ClickException(f"Cannot use {folder}: {error.strerror or error}.") from error


def _find(names: tuple[str, ...]) -> list[Path]:
    try:
        return ws.find(names)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from error


def _short(folder: Path) -> str:
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)
