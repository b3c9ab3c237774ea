"""A trial run of a student's history, in a copy: up with rows in every table, down again, and up once more.

Everything that a check wants to know about a project is found here, once, and kept as plain values: a photo
of the database before and after each step, and a copy of its file to try statements on. What goes wrong on
the way is kept too, at its step, because a mistake in a later revision is no fault of an earlier task.
"""

from __future__ import annotations

import configparser
import difflib
import inspect
import logging
import shutil
import sqlite3
import sys
import tomllib
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.operations.batch import ApplyBatchImpl
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError, to_tuple
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import NoReferenceError
from sqlalchemy.pool import NullPool

from workbook import agree, commands, photo
from workbook.checks import filling, memory, patience, reading, reasons, undone
from workbook.checks.verdict import NotYet
from workbook.photo import Column, Photo, Rule, Table
from workbook.throwaway import in_a_hurry

DATABASE = "blog.db"
MOST_LETTERS = 1000  # of an error; who needs more of it, runs it in a terminal
SETTINGS = ("alembic.ini", "pyproject.toml")
WITHOUT = {
    "upgrade": "Alembic calls it; a revision that is to do nothing has one with `pass`.",
    "downgrade": "`alembic downgrade` calls it, and would stop here: it undoes what upgrade() does.",
}
LATER = "SQLite asks only when a row comes, and refuses it then; PostgreSQL refuses the key itself."
PROJECT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = Path(__file__).parent / "environments"


@dataclass
class Step:
    """One revision, as the trial saw it. Photos are taken with rows in every table.

    `before` is the database it met, `after` what it left, `ready` the same once new tables and columns have
    got rows and values; `down` what its downgrade left. None where the trial did not come so far.
    """

    revision: str
    parents: tuple[str, ...]
    path: str
    message: str
    before: Photo
    after: Photo | None = None
    ready: Photo | None = None
    file: Path | None = None  # the database as in `ready`
    down: Photo | None = None
    plain_down: Photo | None = None  # what it leaves where new columns kept the values of the upgrade
    wrong_up: NotYet | None = None
    wrong_down: NotYet | None = None
    wrong_again: NotYet | None = None
    log: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)  # the statements of its upgrade
    sent_down: list[str] = field(default_factory=list)  # and of its downgrade
    digest: str = ""  # of everything that this step depends on
    tried_down: bool = False


@dataclass
class Trial:
    """A project that was tried: its steps in order, its own database, and whether its models agree."""

    root: Path
    steps: list[Step]
    heads: tuple[str, ...]
    own: Photo
    differences: list[agree.Difference]
    no_models: NotYet | None = None
    environment: NotYet | None = None  # why their env.py fails; the trial is with another one
    broken: NotYet | None = None  # why some of the files could not be read; the trial is of the others
    digest: str = ""  # of what every step depends on
    revisions: tuple[str, ...] = ()  # the ids of all files that could be read, run or not


def run(root: Path, known: filling.Known, earlier: Sequence[Step] = ()) -> Trial:
    """Try the project in ROOT, which is a copy that may be changed.

    EARLIER are the steps of a trial of the same project; those whose files are the same are not run again.

    Raises NotYet when nothing can be run: no alembic.ini, files that Python or Alembic cannot read, an
    env.py that fails.
    """
    if not (root / "alembic.ini").is_file():
        raise NotYet("There is no alembic.ini in this folder.", why="`alembic init migrations` makes it.")
    own, unreadable = _own_database(root)
    with working_in(root):
        script, revisions, broken = _read_what_can_be_read(root)
        broken = broken or unreadable
        heads = tuple(script.get_heads())
        ids = tuple(found.revision for found in revisions)
        surroundings = memory.surroundings(root)
        trial = Trial(root, [], heads, own, [], broken=broken, digest=surroundings, revisions=ids)
        _up(trial, revisions, script, known, earlier)
        environment = _of_the_environment(trial)
        if environment:
            trial = Trial(root, [], heads, own, [], broken=broken, environment=environment, revisions=ids)
            _write_plain_environment(root)
            (root / DATABASE).unlink(missing_ok=True)
            _up(trial, revisions, script, known, ())
        if len(trial.steps) == len(revisions) and not any(step.wrong_up for step in trial.steps):
            if trial.environment is None:
                _agree(trial)
            _down(trial, revisions, script)
    return trial


def _of_the_environment(trial: Trial) -> NotYet | None:
    """What stopped the first step that was run and not taken over, when it was no revision that did."""
    first = next((step for step in trial.steps if not step.tried_down), None)
    problem = first.wrong_up if first else None
    return problem if problem and not problem.where.startswith("migrations/versions/") else None


def _write_plain_environment(root: Path) -> None:
    """An env.py that needs no models, for a history that is right behind an env.py or models that are not."""
    guarded = (root / "migrations" / "sqlite_safety.py").is_file()
    shutil.copyfile(ENVIRONMENTS / ("guarded.py" if guarded else "plain.py"), root / "migrations" / "env.py")
    if guarded:
        shutil.copyfile(PROJECT / "migrations" / "sqlite_safety.py", root / "migrations" / "sqlite_safety.py")


def _read_what_can_be_read(root: Path) -> tuple[ScriptDirectory, list[Script], NotYet | None]:
    """As `_read` without the files that stop it, and why the first does. Raises what is no fault of one."""
    broken = None
    for problem, guilty in list(reading.faults(root)):
        broken = broken or problem
        for path in guilty:
            path.rename(path.with_suffix(".aside"))
    if broken:
        reading.set_aside_the_unreadable(root)
    while True:
        try:
            return (*_read(root), broken)
        except NotYet as problem:
            broken = broken or reading.missing_parent(root) or problem
            path = root / problem.where.partition(",")[0]
            if path.parent == root / "migrations" / "versions":
                path.write_text("def (", encoding="utf-8")  # it fails while it is imported
            if not reading.set_aside_the_unreadable(root):
                raise broken from problem


def _read(root: Path) -> tuple[ScriptDirectory, list[Script]]:
    """The revision files, in an order in which they can run; of several that could, the older file first."""
    script = said(root, lambda: ScriptDirectory.from_config(config(root)))
    waiting = said(root, lambda: list(script.iterate_revisions("heads", "base")))[::-1]
    waiting.sort(key=lambda found: (Path(found.path).stat().st_mtime, Path(found.path).name))
    done: set[str] = set()
    ordered: list[Script] = []
    while waiting:
        following = next(found for found in waiting if set(_parents(found)) <= done)
        waiting.remove(following)
        ordered.append(following)
        done.add(following.revision)
    return script, ordered


def _parents(found: Script) -> tuple[str, ...]:
    return to_tuple(found.down_revision, default=()) + to_tuple(found.dependencies, default=())


@contextmanager
def working_in(root: Path) -> Iterator[None]:
    """Stand in the project as a terminal does; its packages are imported anew, SQLite files kept inside."""
    with in_a_hurry(), commands.project(root), commands._databases_only_in(root):
        sys.dont_write_bytecode = True
        yield


def config(root: Path) -> Config:
    """Alembic's configuration of the project, silent; half of it may stand in a TOML file."""
    toml = root / "pyproject.toml"
    made = Config(str(root / "alembic.ini"), str(toml) if toml.is_file() else None)
    made.attributes["configure_logger"] = False
    return made


def engine(root: Path, name: str = DATABASE) -> Engine:
    """The project's database, no connection of which stays open."""
    return create_engine(f"sqlite:///{root / name}", poolclass=NullPool)


def _own_database(root: Path) -> tuple[Photo, NotYet | None]:
    """Their own database, which makes room for that of the trial; and why it cannot be read."""
    path = root / DATABASE
    if path.is_dir():
        path.rename(path.with_name("a-folder"))
        return Photo(), NotYet(
            f"{DATABASE} is a folder, and it should be the database.",
            why="Remove it; an upgrade makes the file.",
        )
    if not path.is_file():
        return Photo(), None
    try:
        found = photo.take(engine(root))
    except Exception as error:  # whatever somebody has put there
        path.rename(path.with_name("unreadable.db"))
        return Photo(), NotYet(
            f"{DATABASE} cannot be read: {getattr(error, 'orig', error)}.", why="Run: workbook doctor"
        )
    path.rename(path.with_name("own.db"))
    return found, None


# ------------------------------------------------------------------------------------------ the steps


def _up(
    trial: Trial,
    revisions: list[Script],
    script: ScriptDirectory,
    known: filling.Known,
    earlier: Sequence[Step],
) -> None:
    paths = [Path(found.path) for found in revisions]
    digests = memory.digests(trial.root, paths, known)
    trial.steps += memory.same(earlier, digests)
    if trial.steps:
        _restore(trial)
    for found, path, digest in list(zip(revisions, paths, digests, strict=True))[len(trial.steps) :]:
        before = trial.steps[-1].ready if trial.steps else Photo()
        assert before is not None
        short = path.relative_to(trial.root).as_posix()
        parents = to_tuple(found.down_revision, default=())
        step = Step(found.revision, parents, short, found.doc, before, digest=digest)
        trial.steps.append(step)
        try:
            step.log = move(trial.root, way(trial.root, script, found, "upgrade"), step.sent)
            if not (trial.root / DATABASE).is_file():
                raise NotYet(
                    f"Alembic works on another database than `{DATABASE}`, beside alembic.ini.",
                    where="migrations/env.py",
                    why="The tasks are about that file, and so is what you see in the lessons.",
                )
        except NotYet as problem:
            step.wrong_up = problem
            if any(not one.tried_down for one in trial.steps[:-1]):  # which ran with the same env.py
                step.wrong_up = _from_the_revision(problem, short)
            elif trial.environment:
                step.wrong_up = _from_the_revision(problem, short if step.sent else trial.environment.where)
            return
        try:
            step.after = _look(trial.root)
            _is_noted(step, step.after)
            step.ready = _with_rows(trial.root, before, step.after, known)
        except NotYet as problem:
            step.wrong_up = NotYet(f"After the upgrade, {problem.what}", where=short, why=problem.why)
            return
        step.file = trial.root / f".after-{len(trial.steps):03}.db"
        shutil.copyfile(trial.root / DATABASE, step.file)


def _restore(trial: Trial) -> None:
    """Put the databases of steps that were taken over to where this trial looks for them."""
    for number, step in enumerate(trial.steps, start=1):
        assert step.file is not None
        copy = trial.root / f".after-{number:03}.db"
        shutil.copyfile(step.file, copy)
        step.file = copy
    shutil.copyfile(copy, trial.root / DATABASE)


def way(root: Path, script: ScriptDirectory, found: Script, name: str) -> MigrationStep:
    """The step that a function of a revision makes, `upgrade` or `downgrade`. Raises NotYet without one."""
    if not callable(getattr(found.module, name, None)):
        there = [other for other, value in vars(found.module).items() if inspect.isfunction(value)]
        like = difflib.get_close_matches(name, set(there) - {"upgrade", "downgrade"}, n=1)
        raise NotYet(
            f"This file has no function `{name}()`.",
            where=Path(found.path).relative_to(root).as_posix(),
            why=f"It has `{like[0]}()`: is that misspelt?" if like else WITHOUT[name],
        )
    if name == "upgrade":
        return MigrationStep.upgrade_from_script(script.revision_map, found)
    return MigrationStep.downgrade_from_script(script.revision_map, found)


def _from_the_revision(problem: NotYet, where: str) -> NotYet:
    """The problem at WHERE it comes from, when an env.py that is right only happened to call what fails."""
    if not problem.where.startswith("migrations/env.py, "):
        return problem
    return NotYet(problem.what, where=where, why=problem.why)


def _is_noted(step: Step, after: Photo) -> None:
    """The database says of itself that it has seen the step, once that has made something."""
    if step.revision not in after.revision and after.tables != step.before.tables:
        raise NotYet(
            f"`alembic_version` does not say {step.revision}: the note is lost, and the tables have changed.",
            why="Alembic writes the note last, and commits then: leave a `commit()` or `rollback()` out.",
        )


def _look(root: Path) -> Photo:
    """The database as a step has left it. Raises NotYet when a foreign key of it leads nowhere."""
    found = said(root, lambda: photo.take(engine(root)))
    for table in found.tables.values():
        for key in table.foreign_keys:
            _leads_somewhere(found, table.name, key)
    assert isinstance(found, Photo)
    return found


def _leads_somewhere(found: Photo, name: str, key: Rule) -> None:
    """SQLite takes a key to a table or a column that is not there, and stops only when a row comes."""
    columns = {
        table.name.lower(): [column.name for column in table.columns] for table in found.tables.values()
    }
    ours, there = f"`{name}.{', '.join(key.columns)}`", columns.get(str(key.refers_to).lower())
    if there is None:
        raise NotYet(
            f"the foreign key of {ours} leads to a table `{key.refers_to}`, and there is none of that name.",
            why=f"There is {_listed(found.tables)}. {LATER}",
        )
    for column in key.referred:
        if column.lower() not in [other.lower() for other in there]:
            raise NotYet(
                f"the foreign key of {ours} leads to `{key.refers_to}.{column}`, "
                "and there is no column of that name.",
                why=f"`{key.refers_to}` has {_listed(there)}. {LATER}",
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _with_rows(root: Path, before: Photo, after: Photo, known: filling.Known) -> Photo:
    """The database once new tables and columns have got rows and values; the same where nothing is new."""
    old = {name: {column.name for column in table.columns} for name, table in before.tables.items()}
    new = {name: {column.name for column in table.columns} for name, table in after.tables.items()}
    if all(columns <= old.get(name, set()) for name, columns in new.items()):
        return after
    said(root, lambda: filling.fill(engine(root), old, known))
    said(root, lambda: filling.touch(engine(root), old))
    found = said(root, lambda: photo.take(engine(root)))
    assert isinstance(found, Photo)
    return found


def _down(trial: Trial, revisions: list[Script], script: ScriptDirectory) -> None:
    """Each step down and up again, from the database that it left, so that no step suffers from another."""
    for step, found in zip(reversed(trial.steps), reversed(revisions), strict=True):
        if step.tried_down:
            continue
        step.tried_down = True
        assert step.file is not None
        shutil.copyfile(step.file, trial.root / DATABASE)
        try:
            move(trial.root, way(trial.root, script, found, "downgrade"), step.sent_down)
            step.down = photo.take(engine(trial.root))
        except NotYet as problem:
            step.wrong_down = _from_the_revision(problem, step.path)
            continue
        try:
            move(trial.root, way(trial.root, script, found, "upgrade"))
        except NotYet as problem:
            step.wrong_again = problem
        assert step.after is not None
        assert step.ready is not None
        if step.ready is not step.after and undone.not_as_before(
            step.before, step.after, step.ready, step.down
        ):
            try:
                step.plain_down = _up_and_down(trial, script, found)
            except NotYet as problem:
                step.wrong_down = problem


def _up_and_down(trial: Trial, script: ScriptDirectory, found: Script) -> Photo:
    """What a step leaves on the way up and down again when nobody has written into the database between.

    A downgrade may put into a column what `filling` wrote into a new one. That is as it should be, and looks
    like a value that it has spoiled; so then it is tried without.
    """
    number = [step.revision for step in trial.steps].index(found.revision)
    file = trial.steps[number - 1].file if number else None
    (trial.root / DATABASE).unlink()
    if file is not None:
        shutil.copyfile(file, trial.root / DATABASE)
    move(trial.root, MigrationStep.upgrade_from_script(script.revision_map, found))
    move(trial.root, MigrationStep.downgrade_from_script(script.revision_map, found))
    return photo.take(engine(trial.root))


def move(root: Path, step: Any, sent: list[str] | None = None) -> list[str]:
    """Run exactly one step, as `alembic` would, through the project's own env.py. Returns its warnings.

    Every statement that it sends is added to SENT.
    """
    patience.next_step()
    heard: list[str] = []
    listener = _listener(heard)
    logging.getLogger("alembic.runtime.migration").addFilter(listener)
    settings = config(root)

    def one(_revision: Any, _context: Any) -> list[Any]:
        return [step]

    def go() -> None:
        with EnvironmentContext(settings, ScriptDirectory.from_config(settings), fn=one):
            ScriptDirectory.from_config(settings).run_env()

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if sent is not None:
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", look)
    try:
        said(root, go)
    finally:
        event.remove(Engine, "before_cursor_execute", look)
        logging.getLogger("alembic.runtime.migration").removeFilter(listener)
    return heard


def _listener(heard: list[str]) -> Callable[[logging.LogRecord], bool]:
    """A filter that keeps warnings and lets all pass: an env.py that calls fileConfig removes handlers."""

    def listen(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            heard.append(record.getMessage())
        return True

    return listen


def _agree(trial: Trial) -> None:
    _make_indexes_made_by_hand(trial)
    try:
        trial.differences = said(
            trial.root, lambda: agree.differences(config(trial.root), photo.take(engine(trial.root)))
        )
    except NotYet as problem:
        trial.environment = problem
    except agree.NoModelsError:
        trial.no_models = NotYet(
            "env.py gives Alembic no models: `target_metadata` is None.",
            where="migrations/env.py",
            why="Without it, `alembic check` and `--autogenerate` have nothing to compare with.",
        )


def _make_indexes_made_by_hand(trial: Trial) -> None:
    """Give the database of the trial the indexes that their own has besides those of the revisions.

    `alembic check` compares the models with their own database, where one may have been made by hand.
    """
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with (
        closing(sqlite3.connect(trial.root / "own.db", isolation_level=None)) as own,
        closing(sqlite3.connect(trial.root / DATABASE, isolation_level=None)) as tried,
    ):
        there = dict(tried.execute(asked).fetchall())
        for name, sql in own.execute(asked).fetchall():
            if name not in there:
                with suppress(sqlite3.Error):  # on a table or column that their revisions do not make
                    tried.execute(sql)


# --------------------------------------------------------------------------- the student's own mistakes


def said(root: Path, do: Callable[[], Any]) -> Any:
    """Run what runs the student's code; an error in it becomes NotYet, with file, line and function."""
    try:
        return do()
    except NotYet:
        raise
    except agree.NoModelsError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not _is_theirs(root, error):
            raise
        words = commands.relative(_words(error), root)
        raise NotYet(words, where=_place(root, error), why=reasons.why(words)) from error


def _is_theirs(root: Path, error: BaseException) -> bool:
    """Whether a line of their own raises it by name; otherwise Ctrl-C did."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return _is_inside(root, last.filename) and type(error).__name__ in (last.line or "")


def _words(error: BaseException) -> str:
    """What an error says, in letters that can be written, and not without end."""
    try:
        words = _all_words(error)
    except Exception:  # a class of theirs, whose __str__ fails
        words = type(error).__name__
    words = words.encode("utf-8", "replace").decode("utf-8")
    return words if len(words) <= MOST_LETTERS else f"{words[:MOST_LETTERS]} …"


def _all_words(error: BaseException) -> str:
    if isinstance(error, commands.OutsideError):
        return "Alembic was about to open another database than the one in this folder."
    if isinstance(error, CommandError):
        said = str(error).removesuffix(" (first error: not authorized)")  # by the guard, which says the rest
        return f"Alembic says: {said}"
    if isinstance(error, SystemExit):
        return "The program was ended by its own code (sys.exit)."
    if isinstance(error, SyntaxError):
        return f"Python cannot read this file: {error.msg}."
    batch = _of_a_batch(error)
    if batch is not None:
        there = ", ".join(f"`{name}`" for name in batch.columns)
        return f"The batch on `{batch.table.name}` has no column `{error.args[0]}`. It has {there}."
    return f"{commands.one_line(error)}"


def _of_a_batch(error: BaseException) -> ApplyBatchImpl | None:
    """The batch that looked for a column in vain, when it was Alembic's own code that did."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    batch = trace.tb_frame.f_locals.get("self") if trace and isinstance(error, KeyError) else None
    return batch if isinstance(batch, ApplyBatchImpl) else None


def _place(root: Path, error: BaseException) -> str:
    """The last line of the student's own in the traceback: file, line and function."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(root, error.filename)}, line {error.lineno}"
    if isinstance(error, SyntaxError):  # Python does not even say which file holds a NUL
        return next((_short(root, str(path)) for path in _scripts(root) if b"\0" in path.read_bytes()), "")
    frames = _frames(root, error)
    if not frames:
        if isinstance(error, UnicodeDecodeError):
            return next((name for name in SETTINGS if error.object in _bytes_of(root / name)), "")
        if isinstance(error, configparser.Error) or "'script_location'" in str(error):
            return "alembic.ini"
        return "pyproject.toml" if isinstance(error, tomllib.TOMLDecodeError) else ""
    last = frames[-1]
    if isinstance(error, NoReferenceError) and not last.filename.startswith(
        str(root / "migrations" / "versions")
    ):
        return "models.py"  # env.py is only the one who asked
    if isinstance(error, commands.OutsideError):
        return _short(root, last.filename)  # the URL may stand elsewhere, so no line of it
    function = f", in {last.name}()" if last.name != "<module>" else ""
    return f"{_short(root, last.filename)}, line {last.lineno}{function}"


def _frames(root: Path, error: BaseException) -> list[traceback.FrameSummary]:
    """The student's own frames; those of the error that led to it, where that came out of a revision."""
    versions = str(root / "migrations" / "versions")
    found, seen = [], set()
    each: BaseException | None = error
    while each and id(each) not in seen:
        seen.add(id(each))
        frames = traceback.extract_tb(each.__traceback__)
        found.append([frame for frame in frames if _is_inside(root, frame.filename)])
        each = each.__cause__ or each.__context__
    return next(
        (frames for frames in found if any(frame.filename.startswith(versions) for frame in frames)), found[0]
    )


def _scripts(root: Path) -> Iterator[Path]:
    for folder in (root / "migrations" / "versions", root / "migrations", root):
        yield from sorted(folder.glob("*.py"))


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _is_inside(root: Path, name: str) -> bool:
    """Whether it is a file of the student's own; the guard is the workbook's."""
    return Path(name).is_relative_to(root) and Path(name).name != "sqlite_safety.py"


def _short(root: Path, name: str) -> str:
    return Path(name).relative_to(root).as_posix() if _is_inside(root, name) else Path(name).name


def same_schema(one: Photo, other: Photo) -> list[str]:
    """What differs between the schemas of two photos, in sentences. The order of columns does not count."""
    said = [f"the table `{name}` is still there" for name in other.tables if name not in one.tables]
    said += [f"the table `{name}` is not there again" for name in one.tables if name not in other.tables]
    for name in one.tables.keys() & other.tables.keys():
        said += _table_differences(one.tables[name], other.tables[name])
    return sorted(said)


def _table_differences(one: Table, other: Table) -> list[str]:
    before = {column.name: column for column in one.columns}
    after = {column.name: column for column in other.columns}
    said = [f"the column `{one.name}.{name}` is still there" for name in after.keys() - before.keys()]
    said += [f"the column `{one.name}.{name}` is not there again" for name in before.keys() - after.keys()]
    said += [
        f"`{one.name}.{name}` was {before[name].words} and is now {after[name].words}"
        for name in before.keys() & after.keys()
        if not _alike(before[name], after[name])
    ]
    said += [f"the {rule.title} {rule.words} of `{one.name}` is still there" for rule in _without(other, one)]
    said += [
        f"the {rule.title} {rule.words} of `{one.name}` is not there again" for rule in _without(one, other)
    ]
    said += [f"the index {index.name} is still there" for index in set(other.indexes) - set(one.indexes)]
    said += [f"the index {index.name} is not there again" for index in set(one.indexes) - set(other.indexes)]
    return said


def _alike(one: Column, other: Column) -> bool:
    """Whether two columns say the same, however they spell it."""
    return one.words.upper() == other.words.upper() or (
        (one.type.upper(), one.nullable, one.meaning) == (other.type.upper(), other.nullable, other.meaning)
    )


def _without(one: Table, other: Table) -> list[Rule]:
    """The rules of ONE that OTHER lacks. One without a name is the same as one that has got a name since."""
    named = {(rule.title, rule.words) for rule in other.rules}
    nameless = {(rule.kind, rule.words) for rule in other.rules if not rule.name}
    same = {(rule.kind, rule.words) for rule in other.rules}
    return [
        rule
        for rule in one.rules
        if (rule.title, rule.words) not in named
        and (rule.kind, rule.words) not in nameless
        and not (not rule.name and (rule.kind, rule.words) in same)
    ]
