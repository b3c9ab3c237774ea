"""Commands and options that know what they need of the schema, and say so in their help."""

from __future__ import annotations

from typing import Any, cast

import click
from click.core import ParameterSource

from taskmaster import database
from taskmaster.errors import TaskmasterError
from taskmaster.schema import HEAD, UNLOCKED_BY, Schema


def _here(context: click.Context) -> Schema:
    """Where the database is, for the marks in `--help`. Never raises.

    Where that is not known (a server, a file that cannot be read) it is taken to be at head: rather no mark
    than a wrong one.
    """
    if "taskmaster.here" not in context.meta:
        context.meta["taskmaster.here"] = _look()
    return cast(Schema, context.meta["taskmaster.here"])


def _look() -> Schema:
    try:
        url = database.url_of_the_app()
        path = database.sqlite_file(url)
        if path is not None and not path.exists():
            return HEAD  # the first task makes one there
    except (TaskmasterError, OSError):
        return HEAD
    return database.glance(url) or HEAD


def _mark(context: click.Context, feature: str | None, value: str = "") -> str:
    """What to say of a FEATURE that the database does not have: "(needs 0006)", "(urgent needs 0010)"."""
    lacks = _here(context).lacks(feature) if feature else ""
    return f"({value} {lacks})".replace("( ", "(") if lacks else ""


class Option(click.Option):
    """An option that may need something of the schema, and more for some of its values."""

    def __init__(
        self,
        *args: Any,
        needs: str | None = None,
        values_need: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.needs = needs
        self.values_need = values_need or {}

    def needed(self, value: Any) -> list[str]:
        """What the option needs of the schema when it is given with VALUE."""
        of_value = self.values_need.get(value) if isinstance(value, str) else None
        return [feature for feature in (self.needs, of_value) if feature]

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        marks = [_mark(ctx, self.needs)]
        if not marks[0]:  # of an option that works, some values may not
            marks = [_mark(ctx, feature, value) for value, feature in self.values_need.items()]
        return record and (record[0], " ".join([record[1], *filter(None, marks)]))


class Command(click.Command):
    """A command that may need something of the schema."""

    def __init__(self, *args: Any, needs: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs = needs

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if _mark(ctx, self.needs):
            revision = UNLOCKED_BY[self.needs or ""]
            with formatter.indentation():
                formatter.write_paragraph()
                formatter.write_text(f"Needs revision {revision.id} ({revision.title}).")


class Group(click.Group):
    """Commands, with a mark on each that the database cannot do yet."""

    command_class = Command
    group_class = type

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, command) for name, command in self.commands.items() if not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, f"{command.get_short_help_str(100)} {_mark(ctx, _needs_of(command))}".rstrip())
                    for name, command in commands
                ]
            )


def _needs_of(command: click.Command) -> str | None:
    """What a command needs; of a group, what its first command needs."""
    if isinstance(command, Group):
        return _needs_of(next(iter(command.commands.values())))
    return getattr(command, "needs", None)


def of_this_call() -> list[str]:
    """All that this call of a command needs: the command itself, and the options that were typed."""
    context = click.get_current_context()
    needs = [_needs_of(context.command)] if context.parent else []
    for parameter in context.command.params:
        if isinstance(parameter, Option) and parameter.name in typed(parameter.name or ""):
            needs += parameter.needed(context.params.get(parameter.name or ""))
    return [feature for feature in needs if feature]


def typed(*names: str) -> list[str]:
    """Those of NAMES that were typed, "none" included."""
    context = click.get_current_context()
    return [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
