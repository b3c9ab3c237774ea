"""The parts of the README that are made from what they describe: lessons, commands, what unlocks when."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from taskmaster.schema import REVISIONS
from workbook import workspace

PROJECT = Path(__file__).resolve().parents[2]


def made(readme: str) -> str:
    """Return the text README with its generated parts made anew.

    A part stands between `<!-- name: ... -->` and `<!-- end of name -->`. Raises ValueError when the text
    lacks one of them.
    """
    for name, make in PARTS.items():
        place = re.search(rf"<!-- {name}: .*? -->\n(.*?)<!-- end of {name} -->", readme, re.DOTALL)
        if not place:
            raise ValueError(f"the README has no place for its {name}")
        table = "\n".join(make())
        readme = f"{readme[: place.start(1)]}\n{table}\n\n{readme[place.end(1) :]}"
    return readme


def lessons() -> Iterator[str]:
    """A table of the notebooks: number, title with its link, minutes; an appendix has nothing to practise."""
    yield "| | lesson | minutes to read and run | to practise |"
    yield "|---|---|---|---|"
    for path in workspace.originals():
        opening = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        title = opening.splitlines()[0].removeprefix("# ")
        found = re.findall(r"(\d+) minutes to read and run(?:, (\d+) to practise)?", opening)
        read, practise = found[0]
        name = path.name[:2] if path.name[0].isdigit() else "appendix"
        yield f"| {name} | [{title}](notebooks/{path.name}) | {read} | {practise or 'nothing'} |"


def commands() -> Iterator[str]:
    """A table of every command of taskmaster, as its own `--help` has them."""
    from taskmaster.cli import cli

    return _reference(cli, "taskmaster")


def workbook() -> Iterator[str]:
    """A table of the commands of `workbook` that students and instructors need."""
    from workbook.cli import main
    from workbook.turn_cli import COMMANDS

    known = {str(one.name): one for one in (main.commands["lessons"], main.commands["reset"], *COMMANDS)}
    return _reference(click.Group(commands=known), "workbook")


def _reference(group: click.Group, name: str) -> Iterator[str]:
    yield "| command | what it does |"
    yield "|---|---|"
    for words, command in _commands(group, name):
        usage = " ".join([words, *command.collect_usage_pieces(click.Context(command))])
        usage = usage.replace(" [OPTIONS]", "").replace("|", "\\|")  # a bare | would end the cell
        yield f"| `{usage}` | {command.get_short_help_str(100)} |"


def _commands(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{words} {name}")
        elif not command.hidden:
            yield f"{words} {name}", command


def unlocks() -> Iterator[str]:
    """A table of the revisions: id, title, what taskmaster can do from there on."""
    yield "| revision | what it does | what it unlocks in taskmaster |"
    yield "|---|---|---|"
    for revision in REVISIONS:
        gains = _as_typed(revision.unlocks)
        losses = [f"retires {feature}" for feature in _as_typed(revision.retires)]
        yield f"| {revision.id} | {revision.title} | {', '.join([*gains, *losses]) or 'nothing'} |"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "lessons": lessons,
    "workbook": workbook,
    "commands": commands,
    "unlocks": unlocks,
}


def _as_typed(features: Iterable[str]) -> list[str]:
    """Options and commands as code, everything else in words."""
    from taskmaster.cli import cli

    typed = {words.removeprefix("taskmaster ") for words, _ in _commands(cli, "taskmaster")}
    return [f"`{word}`" if word in typed or word.startswith("--") else word for word in features]
