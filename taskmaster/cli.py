"""The commands: parse, call, print.

What a command or an option needs of the schema stands in its declaration (`needs=`). From it come the
marks in `--help` and the refusals.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import get_completion_class

from taskmaster import __version__, clock, database, ids, needs
from taskmaster.errors import NoDatabaseError, TaskmasterError
from taskmaster.lazy import lazily
from taskmaster.needs import Group, Option, typed
from taskmaster.schema import HEAD, PRIORITIES, URGENT
from taskmaster.spelling import fold
from taskmaster.values import CATEGORY, COUNT, DATE, DURATION, FILE, IDS, TAG, TEXT, USER, FileType

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from taskmaster import mapping, tags, tasks, transfer, upkeep, views
else:
    mapping, tags, tasks, transfer, upkeep, views = (
        lazily(f"taskmaster.{name}") for name in ("mapping", "tags", "tasks", "transfer", "upkeep", "views")
    )

SORTS = ("urgency", "due", "priority", "created", "title", "id")
SHELLS = ("bash", "zsh", "fish")
LIMIT = 20
DETAILS = ("due", "category", "priority", "owner", "tags", "estimate", "note")  # as a task's echo tells them
NONE = "none"
COMPLETE_VARIABLE = "_TASKMASTER_COMPLETE"
DEBUG_VARIABLE = "TASKMASTER_DEBUG"

F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def session(*, writing: bool = False, making: bool = False) -> Iterator[Session]:
    """Open the database for this command; MAKING makes one where there is none."""
    url = database.url_of_the_app()
    if making and upkeep.make(url):
        say(f"Made {database.where(url)} at revision {HEAD.position}.", error=True)
    with database.opened(url, *needs.of_this_call(), writing=writing) as opened:
        yield opened


def say(*lines: str, error: bool = False) -> None:
    """Print lines, all at once; no lines print nothing."""
    if lines:
        click.echo("\n".join(lines), err=error)


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """`click.option`, with `needs` and `values_need`."""
    return click.option(*names, cls=Option, **settings)


def task_options(*, of: str) -> Callable[[F], F]:
    """The options that say something OF a task."""

    def decorate(function: F) -> F:
        for decorator in (
            option("--note", type=TEXT, needs="--note", help="What else there is to say, or none."),
            option(
                "--estimate",
                type=DURATION,
                needs="--estimate",
                help="How long it takes, in minutes: 45, 1h30, 1.5h, or none.",
            ),
            option(
                "--tag",
                "tags",
                type=TAG,
                multiple=True,
                needs="--tag",
                help="A word for it, whatever its case. May be repeated.",
            ),
            option("--owner", "-o", type=USER, needs="--owner", help=f"Whose {of}: a name, an id, or none."),
            option(
                "--priority",
                "-p",
                type=click.Choice(PRIORITIES, case_sensitive=False),
                needs="--priority",
                values_need={"urgent": URGENT},
                help="How urgent.",
            ),
            option(
                "--category", "-c", type=CATEGORY, needs="--category", help="What it belongs to, or none."
            ),
            option(
                "--due", "-d", type=DATE, needs="--due", help="When it is due: fri, +3d, 2026-03-06, none …"
            ),
        ):
            function = decorator(function)
        return function

    return decorate


json_option = option("--json", "as_json", is_flag=True, help="Print JSON.")
ids_argument = click.argument("spans", metavar="ID...", type=IDS, nargs=-1, required=True)
limit_option = option(
    "--limit",
    "-n",
    metavar="N",
    type=COUNT,
    default=None,
    help=f"Show no more than N; 0 is all. Without it {LIMIT}, and with --json all.",
)


def _limit(limit: int | None, *, as_json: bool) -> int | None:
    if limit is None:
        return None if as_json else LIMIT
    return limit or None


def _flat(spans: Sequence[list[ids.Span]]) -> list[ids.Span]:
    return [span for part in spans for span in part]


# ---------------------------------------------------------------------------------------- the tasks

EPILOG = """\b
Dates:  2026-03-06, 6 march, today, fri, next friday, +3d, in 2 weeks, eow, eom
Ids:    3, 3-5, 1,4-7
Times:  45, 90m, 2h, 1h30, 1.5h
Exit:   0 done, 1 it cannot be done, 2 it was not understood"""


@click.group(
    cls=Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.version_option(__version__, message="taskmaster %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Your tasks. Without a command: what is due."""
    if context.invoked_subcommand is None:
        front_page()


def front_page() -> None:
    """The agenda; a list where the schema knows no dates yet; how to begin where there is nothing."""
    try:
        with session() as opened:
            here = mapping.schema(opened)
            here.require("list")
            columns = views.item_columns(here, clock.today())
            if here.has("agenda"):
                lines = views.agenda(tasks.agenda(opened, LIMIT), columns)
            else:
                lines = views.listing(
                    tasks.listing(opened, tasks.Wanted(), limit=LIMIT), columns, what="tasks"
                )
    except NoDatabaseError as error:
        lines = [str(error), "All commands: taskmaster --help"]
    else:
        lines += views.hint(here)
    say(*lines)


@cli.command(needs="add")
@click.argument("title", nargs=-1, required=True, type=TEXT)
@task_options(of="it is")
@json_option
def add(title: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Write down a task."""
    given = {name: None if value == NONE else value for name, value in given.items()}
    with session(writing=True, making=True) as opened:
        item = tasks.add(opened, " ".join(title), **given)
    details = typed(*DETAILS)
    say(views.as_json(item) if as_json else views.echo("Added", item, details=details))


@cli.command("list", needs="list")
@option("--all", "-a", "everything", is_flag=True, help="Finished tasks too.")
@option("--done", is_flag=True, needs="done", help="Only finished tasks.")
@option("--text", "-t", type=TEXT, help="Those with this in the title.")
@option("--due", "-d", type=DATE, needs="--due", help="Due by this day, or with none: without a date.")
@option(
    "--category",
    "-c",
    type=CATEGORY,
    needs="--category",
    help="Of this category, or with none: of no category.",
)
@option(
    "--tag",
    "tags",
    type=TAG,
    multiple=True,
    needs="--tag",
    help="With this tag, or with none: without any. Repeated: with all of these.",
)
@option(
    "--owner", "-o", type=USER, needs="--owner", help="Of this user, by name or id, or with none: of nobody."
)
@option(
    "--sort",
    "-s",
    type=click.Choice(SORTS, case_sensitive=False),
    default="urgency",
    values_need={"due": "--due", "priority": "--priority", "created": "--sort created"},
    help="The order. urgency: by priority, then by date; created: the newest first.",
)
@limit_option
@json_option
def list_(
    everything: bool, done: bool, due: Any, sort: str, limit: int | None, as_json: bool, **wanted: Any
) -> None:
    """Open tasks, the most urgent first."""
    if everything and done:
        raise click.UsageError("--all and --done exclude each other.")
    wanted |= {"due": due, "undated": due is None and bool(typed("due"))}
    wanted["done"] = None if everything else done
    try:
        with session() as opened:
            here = mapping.schema(opened)
            found = tasks.listing(opened, tasks.Wanted(**wanted), sort, _limit(limit, as_json=as_json))
    except NoDatabaseError as error:
        say("[]" if as_json else str(error))
        return
    if as_json:
        say(views.as_json(found.items))
        return
    columns = views.item_columns(here, clock.today(), with_done=everything, with_created=sort == "created")
    kind = "finished tasks" if done else "open tasks" if here.has("done") and not everything else "tasks"
    say(*views.listing(found, columns, what=kind))


@cli.command(needs="agenda")
@limit_option
@json_option
def agenda(limit: int | None, as_json: bool) -> None:
    """What is overdue, due today, due within a week, and without a date."""
    with session() as opened:
        found = tasks.agenda(opened, _limit(limit, as_json=as_json))
        columns = views.item_columns(mapping.schema(opened), clock.today())
    if as_json:
        say(views.as_json(views.agenda_parts(found)))
    else:
        say(*views.agenda(found, columns))


@cli.command(needs="show")
@ids_argument
@json_option
def show(spans: Sequence[list[ids.Span]], as_json: bool) -> None:
    """Everything about tasks."""
    with session() as opened:
        here, items = mapping.schema(opened), tasks.found(opened, _flat(spans))
    if as_json:
        say(views.as_json(items))
    else:
        say(*(line for item in items for line in views.detail(item, here)))


@cli.command(needs="edit")
@ids_argument
@option("--title", type=TEXT, help="What it is called.")
@task_options(of="it becomes")
@option("--untag", "untags", type=TAG, multiple=True, needs="--tag", help="A tag to take away.")
@json_option
def edit(spans: Sequence[list[ids.Span]], as_json: bool, **given: Any) -> None:
    """Change tasks. "none" takes away what there is; --tag adds one tag, and --untag takes one away."""
    changes = {name: given[name] for name in typed("title", *DETAILS, "untags")}
    if not changes:
        raise click.UsageError(
            "Say what to change: --title, --due, --priority, --owner, --tag, --untag, --estimate or --note."
        )
    if both := {fold(name) for name in given["tags"]} & {fold(name) for name in given["untags"]}:
        raise click.UsageError(f"--tag and --untag both name {', '.join(sorted(both))}.")
    changes |= {name: None for name in ("category", "note") if changes.get(name) == NONE}
    wanted = _flat(spans)
    if "title" in changes and not (len(wanted) == 1 and wanted[0].is_one):
        raise click.UsageError("--title is for one task at a time.")
    with session(writing=True) as opened:
        before, after = tasks.edit(opened, wanted, **changes)
    if as_json:
        say(views.as_json(after))
        return
    details = [name for name in DETAILS if name in changes or (name == "tags" and "untags" in changes)]
    say(*(views.echo("Changed", item, details=details) for item in after))
    say(*(f"Undo: {line}" for line in views.undo_edit(before, after)))


@cli.command(needs="done")
@ids_argument
@json_option
def done(spans: Sequence[list[ids.Span]], as_json: bool) -> None:
    """Finish tasks."""
    _mark_as(True, spans, as_json, word="Done", already="Done already", undo="reopen")


@cli.command(needs="reopen")
@ids_argument
@json_option
def reopen(spans: Sequence[list[ids.Span]], as_json: bool) -> None:
    """Open finished tasks again."""
    _mark_as(False, spans, as_json, word="Reopened", already="Open already", undo="done")


def _mark_as(
    done: bool, spans: Sequence[list[ids.Span]], as_json: bool, *, word: str, already: str, undo: str
) -> None:
    with session(writing=True) as opened:
        changed, unchanged = tasks.mark(opened, _flat(spans), done=done)
    if as_json:
        say(views.as_json(sorted(changed + unchanged, key=lambda item: item.id)))
        return
    lines = [views.echo(word, item) for item in changed] + [views.echo(already, item) for item in unchanged]
    if changed:
        lines.append(f"Undo: taskmaster {undo} {ids.compress(item.id for item in changed)}")
    say(*lines)


@cli.command(needs="rm")
@ids_argument
@json_option
def rm(spans: Sequence[list[ids.Span]], as_json: bool) -> None:
    """Remove tasks."""
    with session(writing=True) as opened:
        removed = tasks.remove(opened, _flat(spans))
        kept = transfer.keep(opened, database.url_of_the_app(), removed)
    if as_json:
        say(views.as_json(removed.items))
        return
    lines = [views.echo("Removed", item) for item in removed.items]
    say(*lines, f"Undo: taskmaster import {views.quoted(database.shown(kept))}")


@cli.command(needs="assign")
@click.argument("spans", metavar="ID...", type=IDS, nargs=-1)
@click.argument("user", type=USER)
@json_option
def assign(spans: Sequence[list[ids.Span]], user: str, as_json: bool) -> None:
    """Give tasks to a user, or with "none" to nobody."""
    if not spans:  # the one word there is became the user
        missing = "USER" if ids.looks_like(user) else "ID..."
        raise click.UsageError(f"Missing argument '{missing}'. It is used like this: assign 1 3 ana")
    with session(writing=True) as opened:
        before, after = tasks.edit(opened, _flat(spans), owner=user)
    if as_json:
        say(views.as_json(after))
        return
    say(*(views.echo("Assigned", item, details=["owner"]) for item in after))
    say(*(f"Undo: {line}" for line in views.undo_edit(before, after)))


@cli.command(needs="stats")
@json_option
def stats(as_json: bool) -> None:
    """How it stands, in numbers."""
    with session() as opened:
        found = tasks.stats(opened)
    say(views.as_json(found)) if as_json else say(*views.stats(found))


# ---------------------------------------------------------------------------------------- the users


@cli.group(cls=Group)
def user() -> None:
    """Who tasks belong to."""


@user.command("add", needs="user add")
@click.argument("name", type=TEXT)
@option("--email", type=TEXT, help="An e-mail address.")
@json_option
def user_add(name: str, email: str | None, as_json: bool) -> None:
    """Add a user."""
    if name == NONE or name.isdigit():
        raise click.UsageError(
            f"{name!r} cannot be a name: it already means something where a user is asked for."
        )
    with session(writing=True, making=True) as opened:
        person = tasks.add_user(opened, name, email)
    say(views.as_json(person) if as_json else f"Added user {person.id}: {views.harmless(person.username)}")


@user.command("list", needs="user list")
@json_option
def user_list(as_json: bool) -> None:
    """All users, and how many tasks they have."""
    with session() as opened:
        found = tasks.people(opened)
    say(views.as_json(found)) if as_json else say(*views.people(found))


@user.command("rm", needs="user rm")
@click.argument("names", metavar="USER...", nargs=-1, required=True, type=USER)
@option("--with-tasks", is_flag=True, needs="--owner", help="Remove their tasks too.")
@json_option
def user_rm(names: tuple[str, ...], with_tasks: bool, as_json: bool) -> None:
    """Remove users, by name or id. Their tasks stay, from revision 0010 on."""
    with session(writing=True) as opened:
        removed = tasks.remove_users(opened, names, with_tasks=with_tasks)
        kept = transfer.keep(opened, database.url_of_the_app(), removed)
    if as_json:
        say(views.as_json(removed))
    else:
        say(*views.removed_users(removed, kept))


@user.command("profile", needs="user profile")
@click.argument("name", metavar="USER", type=USER)
@option("--full-name", type=TEXT, help="Their full name, or none.")
@option("--about", type=TEXT, help="What they say about themselves, or none.")
@json_option
def user_profile(name: str, as_json: bool, **given: str | None) -> None:
    """What a user says about themselves; with options, change it."""
    changes = {key: None if given[key] == NONE else given[key] for key in typed("full_name", "about")}
    with session(writing=bool(changes)) as opened:
        if changes:
            before, person = tasks.set_profile(opened, name, **changes)
        else:
            person = tasks.profile(opened, name)
    if as_json:
        say(views.as_json(person))
        return
    say(*views.profile(person))
    if changes:
        say(f"Undo: {views.undo_profile(before, changes)}")


# ----------------------------------------------------------------------------------------- the tags


@cli.command("tags", needs="tags")
@json_option
def tags_(as_json: bool) -> None:
    """All tags, and how many tasks they have. One without tasks stays until "tag rm"."""
    with session() as opened:
        found = tags.everyone(opened)
    say(views.as_json(found)) if as_json else say(*views.tags(found))


@cli.group(cls=Group)
def tag() -> None:
    """Rename a tag, or remove it."""


@tag.command("rename", needs="tags")
@click.argument("old", type=TAG)
@click.argument("new", type=TAG)
@json_option
def tag_rename(old: str, new: str, as_json: bool) -> None:
    """Call a tag something else."""
    if new == NONE:
        raise click.UsageError(f"{new!r} cannot be a tag: it means no tags where one is asked for.")
    with session(writing=True) as opened:
        before, after = tags.rename(opened, old, new)
    say(views.as_json(after)) if as_json else say(*views.renamed_tag(before, after))


@tag.command("rm", needs="tags")
@click.argument("name", type=TAG)
@json_option
def tag_rm(name: str, as_json: bool) -> None:
    """Remove a tag. Its tasks stay."""
    with session(writing=True) as opened:
        removed, task_ids = tags.remove(opened, name)
    say(views.as_json(removed)) if as_json else say(*views.removed_tag(removed, task_ids))


# -------------------------------------------------------------------------------- export and import


@cli.command(needs="export")
@click.argument("file", type=FileType(allow_dash=True), default="-")
def export(file: Path) -> None:
    """Everything, as JSON that import reads. Without a file it is printed."""
    with session() as opened:
        text = transfer.everything(opened)
    if str(file) == "-":
        say(text)
        return
    transfer.write(file, text)
    say(f"Wrote {database.shown(file)}.")


@cli.command("import", needs="import")
@click.argument("file", type=FILE)
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Add what an export holds. What is here already is not added twice."""
    found = transfer.read(file)
    with session(writing=True, making=True) as opened:
        imported = transfer.load(opened, found)
    say(views.as_json(imported)) if as_json else say(*views.imported(imported))


# ------------------------------------------------------------------------------------- the database


@cli.group(cls=Group)
def db() -> None:
    """Look after the database: upgrade, back up, restore."""


@db.command("status")
@json_option
def db_status(as_json: bool) -> None:
    """Where the database is, and which revisions wait for it."""
    status = upkeep.status(database.url_of_the_app())
    say(views.as_json(status)) if as_json else say(*views.status(status))


@db.command("upgrade")
@click.argument("revision", default="head")
def db_upgrade(revision: str) -> None:
    """Bring the database up to REVISION, or to the newest. Makes a backup first."""

    def warn() -> None:
        say("The database is on a server: no backup is made here (pg_dump makes one).", error=True)

    say(*views.upgraded(upkeep.upgrade(database.url_of_the_app(), revision, without_backup=warn)))


@db.command("backup")
@click.argument("file", required=False, type=FILE)
def db_backup(file: Path | None) -> None:
    """Copy the database, by default into the folder backups beside it."""
    made = upkeep.backup(database.url_of_the_app(), file)
    say(f"Backup: {database.shown(made)}", _way_back(made))


@db.command("restore")
@click.argument("file", type=FILE)
def db_restore(file: Path) -> None:
    """Put a backup in the database's place. What is there now is backed up first."""
    url = database.url_of_the_app()
    done = upkeep.restore(url, file)
    say(f"Restored {database.shown(file)}: {database.where(url)} is at revision {done.revision}.")
    if done.before:
        damaged = " (damaged)" if done.was_damaged else ""
        say(f"What was there before{damaged}: {database.shown(done.before)}")
    if done.before and not done.was_damaged:
        say(_way_back(done.before))


def _way_back(backup: Path) -> str:
    return f"Go back to it: taskmaster db restore {views.quoted(database.shown(backup))}"


@db.command("path")
def db_path() -> None:
    """Where the database is, for other programs."""
    say(database.address(database.url_of_the_app()))


@cli.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """How the Tab key completes commands: eval "$(taskmaster completion bash)"."""
    found = get_completion_class(shell)
    assert found is not None
    say(found(cli, {}, "taskmaster", COMPLETE_VARIABLE).source())


# ---------------------------------------------------------------------------------------- running it


def run(argv: Sequence[str]) -> int:
    """Do what ARGV says, without the program's name, and return the exit status: 0, 1 or 2.

    Prints to what sys.stdout and sys.stderr are during the call, never exits, never raises, and keeps
    nothing between calls: a program may call it as often as it likes.
    """
    try:
        status = _run(list(argv))
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except TaskmasterError as error:
        say(*map(views.harmless, str(error).split("\n")), error=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("Stopped.", error=True)
        return 1
    except BrokenPipeError:  # whoever read the output has read enough
        return 0
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        say(_unexpected(error), error=True)
        return 1
    return status


def _run(argv: list[str]) -> int:
    try:
        with cli.make_context("taskmaster", argv, terminal_width=min(views.width(), 100)) as context:
            cli.invoke(context)
    except click.exceptions.Exit as error:
        return error.exit_code
    return 0


def _unexpected(error: Exception) -> str:
    if isinstance(error, OSError):
        what = f"Cannot use {error.filename}" if error.filename else "The output could not be written"
        return f"{what}: {error.strerror or error}."
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return f"Something went wrong that should not ({what}). {DEBUG_VARIABLE}=1 shows where."


def main() -> None:
    """The command `taskmaster`."""
    gc.disable()  # a command is over before there is much to collect; a tenth of its time is saved
    if COMPLETE_VARIABLE in os.environ:
        cli.main(prog_name="taskmaster", complete_var=COMPLETE_VARIABLE)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what a terminal cannot show must not end the program
            stream.reconfigure(errors="replace")
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its exit
    sys.exit(status)
