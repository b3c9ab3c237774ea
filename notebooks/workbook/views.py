"""The magics that show: each takes the words behind its name and returns something to display.

Whatever is wrong with the words, or with what they name, is a Problem of one sentence.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError, to_tuple
from sqlalchemy.exc import SQLAlchemyError

from workbook import (
    agree,
    autogen,
    changes,
    commands,
    diagrams,
    ledger,
    moves,
    photo,
    schema,
    sends,
    sources,
    stage,
)
from workbook.html import Card, Picture

View = Callable[[str], Card | Picture]
Places = tuple[str, ...]  # where a database can be: one revision as a rule, several on branches
MAGICS: dict[str, View] = {}


def magic(
    name: str, usage: str, fewest: int = 0, most: int = 0
) -> Callable[[Callable[..., Card | Picture]], View]:
    """Register a function as the magic NAME; it gets the stage and the words of the line."""

    def register(show: Callable[..., Card | Picture]) -> View:
        @wraps(show)
        def view(line: str) -> Card | Picture:
            words = words_of(line)
            if not fewest <= len(words) <= most:
                raise stage.Problem(f"write it like this: {usage}")
            try:
                return show(stage.current(), *words)
            except (CommandError, SQLAlchemyError) as error:
                raise stage.Problem(_sentence(error)) from error

        MAGICS[name] = view
        return view

    return register


def words_of(line: str) -> list[str]:
    """The words of a line as a shell reads them. Raises Problem when a quotation mark is missing."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise stage.Problem("a quotation mark is missing") from error


def _sentence(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


# A revision, and what it sends


@magic("source", "%source 0002", 1, 1)
def show_source(here: stage.Stage, name: str) -> Card:
    """A revision's file."""
    script = _revision(here, name)
    return sources.show_source(_path(here, script), _read(script))


@magic("sends", "%sends 0002, or for the way down %sends -0002 or %sends 0002:0001", 1, 1)
def show_sends(here: stage.Stage, name: str) -> Card:
    """The SQL of a step, recorded from a run on a copy that is thrown away."""
    start, end, down = way(here, name)
    sql, failure = _record(start, end, down)
    direction = f"{'Down' if down else 'Up'} from {_and(start)} to {_and(end)}"
    return sources.show_sql(f"{direction}: the SQL that is really sent", sql, failure)


@magic("step", "%step 0002", 1, 1)
def show_step(here: stage.Stage, name: str) -> Card:
    """The change to the models, the file, and the SQL, side by side."""
    script = _revision(here, name)
    before, after = _parents(script), script.revision
    sql, failure = _record(before, (after,), down=False)
    title = f"Revision {after}: {_title(script)}"
    return sources.show_step(
        title, _models(here, before, after), _path(here, script), _read(script), sql, failure
    )


def _record(start: Places, end: Places, down: bool) -> tuple[str, str]:
    """Run from START to END in a throwaway copy: the SQL, and the last line of it when it failed."""
    with stage.throwaway(*start) as copy:
        with sends.recorded() as sent:
            # Down to the first parent of a merge is down to all of them
            words = ["downgrade", end[0]] if down else ["upgrade", *end]
            status, output = commands.alembic(copy.root, words)
        lines = output.strip().splitlines()
        return sends.script(sent), f"It fails: {lines[-1]}" if status and lines else ""


def way(here: stage.Stage, name: str) -> tuple[Places, Places, bool]:
    """From where, to where, and whether that is down: `0002`, `-0002`, `0002:0001` or `0001:0003`."""
    if ":" in name:
        start, end = (_id(here, part) for part in name.split(":", 1))
        return (start,), (end,), _is_below(here, end, start)
    script = _revision(here, name.removeprefix("-"))
    if name.startswith("-"):
        return (script.revision,), _parents(script), True
    return _parents(script), (script.revision,), False


def _is_below(here: stage.Stage, lower: str, upper: str) -> bool:
    if lower == "base":
        return True
    if upper == "base":
        return False
    below = {script.revision for script in here.script().iterate_revisions(upper, "base")}
    return lower in below


def _models(here: stage.Stage, before: Places, after: str) -> sources.Models | None:
    """The models before and after, when this is taskmaster's own history; a merge has several before."""
    if not (here.root / "taskmaster" / "models.py").is_file():
        return None
    try:
        return {parent: (stage.models(parent), stage.models(after)) for parent in before}
    except stage.Problem:  # a revision of the student's own
        return None


# The database


@magic("schema", "%schema, or %schema todo", 0, 1)
def show_schema(here: stage.Stage, name: str | None = None) -> Card:
    """A table, or the list of all."""
    found = moves.photo_of(here, bookkeeping=True)
    if name is None:
        return schema.show_tables(found)
    if name not in found.tables:
        known = f"There are: {', '.join(found.tables)}" if found.tables else "There is none yet"
        raise stage.Problem(f"there is no table {name} here. {known}.")
    return schema.show_table(found.tables[name], found)


@magic("changes", "%changes, or between two revisions %changes 0001 0002", 0, 2)
def show_changes(here: stage.Stage, *names: str) -> Card:
    """What the last move changed in the schema, or what lies between two revisions."""
    if not names:
        move = _last_move(here)
        return changes.show(move.before, move.after)
    if len(names) == 1:
        raise stage.Problem("give no revision, or two: %changes 0001 0002")
    before, after = (_photo_at(_id(here, name)) for name in names)
    return changes.show(before, after)


@magic("ledger", "%ledger, or in an exhibit %ledger start", 0, 1)
def show_ledger(here: stage.Stage, since: str | None = None) -> Card:
    """What the last move did to every row; or what has become of them since before an exhibit went wrong."""
    if since is None:
        move = _last_move(here)
        return ledger.show(move.before, move.after)
    whole = moves.since_start(here)
    if since != "start" or whole is None:
        raise stage.Problem("write it like this: %ledger, or in an exhibit of the museum %ledger start")
    return ledger.show(whole.before, whole.after, since="since before it went wrong")


@magic("agree", "%agree")
def show_agree(here: stage.Stage) -> Card:
    """Whether the models and the database say the same."""
    database = moves.photo_of(here)
    config = here.config()
    config.attributes["connection"] = here.engine()  # whatever this project's env.py would open by itself
    try:
        with commands.project(here.root):
            found = agree.differences(config, database)
    except agree.NoModelsError as error:
        raise stage.Problem(
            "target_metadata in env.py is None, so Alembic has no models to compare with the database"
        ) from error
    except Exception as error:  # env.py and the models are somebody's code: anything may be raised
        raise stage.Problem(f"the models cannot be compared. {commands.one_line(error)}") from error
    return agree.show(found, database.place)


def _last_move(here: stage.Stage) -> moves.Move:
    move = moves.last(here)
    if move is None:
        raise stage.Problem("no %alembic command has changed this database yet")
    return move


def _photo_at(revision: str) -> photo.Photo:
    with stage.throwaway(revision) as copy:
        return moves.photo_of(copy)


# The pictures


@magic("er", "%er")
def show_er(here: stage.Stage) -> Picture:
    """The tables and their keys."""
    return diagrams.er(moves.photo_of(here))


@magic("graph", "%graph, or the end of a long history with %graph 0014", 0, 1)
def show_graph(here: stage.Stage, first: str | None = None) -> Picture:
    """The revisions, all or from one on, and where the database is."""
    script = _history(here)
    steps = [_step(script, found) for found in script.walk_revisions()]
    return diagrams.graph(steps, here.revision(), None if first is None else _id(here, first))


def _step(script: ScriptDirectory, found: Script) -> diagrams.Step:
    needs = script.get_revisions(to_tuple(found.dependencies, default=()))
    return diagrams.Step(
        found.revision,
        _title(found),
        to_tuple(found.down_revision, default=()),
        tuple(one.revision for one in needs if one is not None),
    )


# Revisions by name


def _history(here: stage.Stage) -> ScriptDirectory:
    """The project's revisions, loaded; what a file of them raises is told in one sentence."""
    try:
        script = here.script()
        with commands.project(here.root):
            script.get_heads()
    except (CommandError, stage.Problem):
        raise
    except Exception as error:  # a revision file is somebody's code: anything may be raised
        raise stage.Problem(f"the revisions cannot be read. {commands.one_line(error)}") from error
    return script


def _revision(here: stage.Stage, wanted: str) -> Script:
    found = _history(here).get_revision(wanted)
    if not isinstance(found, Script):
        raise stage.Problem(f"{wanted} is no revision with a file")
    return found


def _id(here: stage.Stage, wanted: str) -> str:
    return "base" if wanted == "base" else _revision(here, wanted).revision


def _parents(script: Script) -> Places:
    return to_tuple(script.down_revision, default=("base",))


def _and(places: Places) -> str:
    return " and ".join(places)


def _title(script: Script) -> str:
    return " ".join(script.doc.split())


def _path(here: stage.Stage, script: Script) -> str:
    return Path(script.path).resolve().relative_to(here.root.resolve()).as_posix()


def _read(script: Script) -> str:
    return Path(script.path).read_text(encoding="utf-8")


@magic("sees", "%sees, or %sees a column renamed", 0, 12)
def show_what_autogenerate_sees(_here: stage.Stage, *words: str) -> Card:
    """`%sees`: what autogenerate sees, misses and gets wrong; `%sees a column renamed`: one line of it."""
    shown = autogen.show(" ".join(words)) if words else autogen.show_all()
    if shown is None:
        raise stage.Problem(f"there is no line {' '.join(words)}; %sees shows them all")
    return shown
