"""The stage of a lesson: scratch copies of the project, and where the student is standing.

Everything lies in one folder under the temporary folder, the lesson's area: `taskmaster` is the lesson's copy
of the project; `%copy` and `%folder` put others beside it. Nothing outside of the area is ever written to,
but for the exhibits that `%exhibit --mine` puts into the student's workspace.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from configparser import ConfigParser, Error
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import NullPool

from taskmaster.schema import Schema
from workbook import clock, commands, rows, server
from workbook.lessons import LESSONS, Lesson

PROJECT = Path(__file__).resolve().parents[2]
SNAPSHOTS = Path(__file__).parent / "snapshots"
SCRATCH = "TASKMASTER_SCRATCH"
URL_VARIABLE = "TASKMASTER_DATABASE_URL"
HOME = "taskmaster"  # the label of the lesson's own copy
BASE = "base"
OWN_URL = "sqlite:///%(here)s/taskmaster.db"


class Problem(Exception):  # noqa: N818 - it is not an error of the program: somebody is told what to do
    """What a magic has to say when it cannot do what was asked: one sentence."""


class NoLesson(Problem):
    """No lesson has begun in this notebook."""

    def __init__(self) -> None:
        super().__init__("no lesson has begun yet. Run the first cell of this notebook, then this one again")


@dataclass
class Stage:
    """One project folder in the area, and the database that belongs to it."""

    root: Path
    label: str
    area: Path
    chosen: Path | None = field(default=None)  # by %database
    server: str | None = field(default=None)  # a database on the lesson's PostgreSQL server, by %postgres

    @property
    def database(self) -> Path | None:
        """The SQLite file that %sql and the views use: the one chosen, or the one that alembic.ini names.

        None when neither names one inside the lesson's area, or when %postgres has chosen one that is no
        file. The file need not be there.
        """
        return None if self.server else self.chosen or self.own_database

    def has_database(self) -> bool:
        """Whether there is something to look at; looking never makes a file."""
        return self.server is not None or (self.database is not None and self.database.is_file())

    @property
    def own_database(self) -> Path | None:
        """The SQLite file that alembic.ini names, which the app uses as well; None as above."""
        parser = ConfigParser({"here": str(self.root)})
        try:
            parser.read(self.root / "alembic.ini", encoding="utf-8")
            url = make_url(parser["alembic"]["sqlalchemy.url"])
        except (Error, KeyError, ArgumentError, UnicodeDecodeError):
            return None
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return None
        path = (self.root / url.database).resolve()
        return path if path.is_relative_to(self.area) else None

    def url(self) -> URL:
        """The URL of the database. Raises Problem when this project has none yet, or no server runs."""
        if self.server is None:
            return self._url(self.database)
        from workbook import postgres

        postgres.check()
        return URL.create("postgresql+psycopg", database=self.server)  # the rest stands in the environment

    def app_url(self) -> str:
        """The URL for the app, as it finds it in a terminal: by the environment, `.env`, alembic.ini.

        Raises Problem when none of them names a database, or one that is not the lesson's.
        """
        said = self.said()
        if said is None:
            return self._url(self.own_database).render_as_string()
        if not self._is_the_lessons(said):
            raise Problem(f"in a lesson, {URL_VARIABLE} names a database of the lesson's")
        return said

    def said(self) -> str | None:
        """The URL that the environment or `.env` says; None where only alembic.ini does."""
        if said := said_url():
            return said
        if not (self.root / ".env").is_file():
            return None
        from dotenv import dotenv_values

        return dotenv_values(self.root / ".env").get(URL_VARIABLE)

    def _is_the_lessons(self, url: str) -> bool:
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            return True  # whoever is given it says what is wrong with it
        if parsed.get_backend_name() == "sqlite":
            return (self.root / (parsed.database or "")).resolve().is_relative_to(self.area)
        return server.is_the_lessons({**parsed.query, **parsed.translate_connect_args()})

    def _url(self, database: Path | None) -> URL:
        if database is None:
            raise Problem(f"{self.label} has no database yet. %database FILE chooses one")
        return URL.create("sqlite", database=str(database))

    def engine(self) -> Engine:
        """An engine on the database, with the lesson's clock; every connection is a new one."""
        return create_engine(self.url(), poolclass=NullPool)

    def config(self) -> Config:
        """Alembic's configuration of this project. Raises Problem when it has no alembic.ini."""
        if not (self.root / "alembic.ini").is_file():
            raise Problem(f"{self.label} has no alembic.ini yet. %alembic init migrations makes one")
        return Config(str(self.root / "alembic.ini"))

    def script(self) -> ScriptDirectory:
        """The revision files of this project."""
        path = list(sys.path)
        with commands.standing_in(self.root):
            try:
                return ScriptDirectory.from_config(self.config())
            finally:
                sys.path[:] = path

    def revision(self) -> tuple[str, ...]:
        """The revisions at which the database is: none at base, one as a rule, several with branches."""
        if not self.has_database():
            return ()
        try:
            with self.engine().connect() as connection:
                return tuple(sorted(MigrationContext.configure(connection).get_current_heads()))
        except DatabaseError as error:
            raise Problem(f"{self.label}'s database cannot be read: {error.orig}") from error

    def has_whole_history(self) -> bool:
        """Whether all of taskmaster's revisions are here, as the installed app has them."""
        versions = Path("migrations", "versions")
        return all((self.root / versions / path.name).is_file() for path in (PROJECT / versions).glob("*.py"))

    @property
    def place(self) -> str:
        """Where the database is, to be read: `0003`, or `base`."""
        return " and ".join(self.revision()) or BASE


_home: Stage | None = None
_current: Stage | None = None
_number = ""
_places: dict[str, Stage] = {}  # by label: where one can go back to
_before: dict[str, str | None] | None = None  # the environment before the first lesson
_set_url: str | None = None  # what `enter` put into the environment


def current() -> Stage:
    """The project in which the student stands. Raises NoLesson."""
    if _current is None or not _current.root.is_dir():
        raise NoLesson
    return _current


def home() -> Stage:
    """The lesson's own copy of taskmaster. Raises NoLesson."""
    if _home is None or not _home.root.is_dir():
        raise NoLesson
    return _home


def number() -> str:
    """The number of the lesson that has begun, like 05. Raises NoLesson."""
    home()
    return _number


def begin(number: str) -> str:
    """Make a fresh copy for a lesson, and stand in it. Returns the sentence that says so.

    Raises Problem when there is no such lesson.
    """
    global _home, _number
    lesson = LESSONS.get(number)
    if lesson is None:
        raise Problem(f'there is no lesson "{number}"; there are {", ".join(LESSONS)}')
    again = _home is not None
    _end_server()
    clock.stop()
    sys.dont_write_bytecode = True  # a file edited twice within a second must not run stale
    area = _new_area(number)
    copy = Stage(area / HOME, HOME, area)
    copy_project(copy.root, lesson)
    assert copy.database is not None
    copy.database.touch()  # at base the app would otherwise make one, at head
    count = 0
    if lesson.start != BASE:
        move(copy, lesson.start)
        count = rows.fill(copy.engine())
    _home, _number = copy, number
    _places.clear()
    enter(copy)
    return _greeting(lesson, count, again)


def _greeting(lesson: Lesson, count: int, again: bool) -> str:
    where = (
        f"at {lesson.start} with {count} tasks"
        if lesson.start != BASE
        else "empty, before the first revision"
    )
    first = "Again a fresh copy" if again else "A fresh copy"
    return f"{first} of taskmaster, its database {where}. Nothing you do here touches your own."


def _new_area(number: str) -> Path:
    scratch = os.environ.get(SCRATCH)
    if scratch:
        Path(scratch).mkdir(parents=True, exist_ok=True)
    area = Path(tempfile.mkdtemp(prefix=f"lesson-{number}-", dir=scratch)).resolve()
    atexit.register(_remove, area)
    return area


def _remove(area: Path) -> None:
    with suppress(FileNotFoundError):  # the working folder may be gone already
        if Path.cwd().is_relative_to(area):
            os.chdir(area.parent)
    shutil.rmtree(area, ignore_errors=True)


def copy_project(root: Path, lesson: Lesson) -> None:
    """Put alembic.ini, migrations/ up to the lesson's last revision, and a small taskmaster/ into ROOT."""
    root.mkdir()
    ini = (PROJECT / "alembic.ini").read_text(encoding="utf-8")
    # Whatever the student may have put there for their own tasks:
    ini = re.sub(r"^sqlalchemy\.url *=.*$", f"sqlalchemy.url = {OWN_URL}", ini, flags=re.MULTILINE)
    (root / "alembic.ini").write_text(ini, encoding="utf-8")
    shutil.copytree(PROJECT / "migrations", root / "migrations", ignore=_beside_the_way_to(lesson.last))
    package = root / "taskmaster"
    package.mkdir()
    shutil.copy(PROJECT / "taskmaster" / "__init__.py", package)
    shutil.copy(SNAPSHOTS / "database.py", package)
    (package / "models.py").write_text(models(lesson.start), encoding="utf-8")


def _beside_the_way_to(last: str) -> Callable[[str, list[str]], set[str]]:
    kept = Schema(frozenset({last})).applied

    def ignore(folder: str, names: list[str]) -> set[str]:
        others = {name for name in names if Path(folder).name == "versions" and name[:4] not in kept}
        return others | ({"__pycache__"} & set(names))

    return ignore


def models(revision: str) -> str:
    """The source of taskmaster's models as they were at a revision. Raises Problem when there is none."""
    path = SNAPSHOTS / f"r{revision}.py"
    if not revision.isalnum() or not path.is_file():
        known = ", ".join(sorted(path.stem[1:] for path in SNAPSHOTS.glob("r*.py")))
        raise Problem(f"the models of revision {revision} are not kept; there are {known}")
    return path.read_text(encoding="utf-8")


def enter(stage: Stage) -> None:
    """Make STAGE the current one: the working folder, and the database for what runs in this process."""
    global _current, _set_url
    _remember_environment()
    _current = _places[stage.label] = stage
    os.chdir(stage.root)
    os.environ[clock.VARIABLE] = clock.NOW.isoformat()
    # For the installed app, whoever calls it. %alembic takes it away, and the project's own ini decides,
    # unless somebody sets another one after this: that one counts for both (`said_url`).
    os.environ[URL_VARIABLE] = _set_url = f"sqlite:///{stage.own_database or stage.root / 'taskmaster.db'}"


def said_url() -> str | None:
    """The URL that somebody set in the environment since they came here (`%env`); None when nobody did."""
    value = os.environ.get(URL_VARIABLE)
    return value if value and value != _set_url else None


def _remember_environment() -> None:
    global _before
    if _before is None:
        _before = {name: os.environ.get(name) for name in (clock.VARIABLE, URL_VARIABLE)}


def leave() -> None:
    """Forget the lesson, and put back what it changed in this process. For tests."""
    global _home, _current, _before
    for name, value in (_before or {}).items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    _home = _current = _before = None
    _end_server()
    _places.clear()
    clock.go_on()


def _end_server() -> None:
    """A lesson begins without one; most never have any."""
    if "workbook.postgres" in sys.modules:
        from workbook import postgres

        postgres.end()


def known(label: str) -> Stage | None:
    """The project of that label, where the student has been before in this lesson."""
    return _places.get(label)


def forget_servers() -> None:
    """Let every project look at its SQLite file again."""
    for place in _places.values():
        place.server = None


def labels() -> list[str]:
    """The projects of this lesson, in the order in which the student first came to them."""
    return list(_places)


def versions(stage: Stage) -> Path:
    """The folder of a project's revision files. Raises Problem when it has none."""
    folder = Path(stage.script().versions)
    if not folder.is_dir():
        raise Problem(f"{stage.label} has no folder for revisions yet")
    return folder


def check_history(here: Stage, last: str | None) -> None:
    """Raises Problem when a project has no revision LAST, at which the history of a copy shall end."""
    if last is not None:
        _history_to(here, last)


def copied(here: Stage, label: str, last: str | None = None) -> Stage:
    """A copy of a project and its database beside it, not entered yet.

    With LAST, a revision, the copy's history ends there: files of revisions that are neither LAST nor before
    it are left out, and the database is taken back as far as it has any of them. Raises Problem, and makes
    no copy, when there is no such revision or the way back fails.
    """
    kept = None if last is None else _history_to(here, last)
    copy = _copy(here, here.area / label, label)
    try:
        if kept is not None:
            _end_history(copy, kept)
    except Exception:
        shutil.rmtree(copy.root, ignore_errors=True)
        raise
    return copy


def _history_to(here: Stage, last: str) -> set[str]:
    """The ids of LAST and of all before it, as the files of a project have them. Raises Problem."""
    with commands.project(here.root):
        script = _loaded(here)
        try:
            found = script.get_revision(last)
        except CommandError:
            found = None
    if found is None:
        raise Problem(f"{here.label} has no revision {last}; %alembic history names those that it has")
    return _up_to(script, [found.revision])


def _loaded(stage: Stage) -> ScriptDirectory:
    """The revision files, all read. Raises Problem with what one of them raises; it is somebody's code."""
    try:
        script = stage.script()
        script.get_heads()
    except Problem:
        raise
    except Exception as error:
        raise Problem(f"the revisions cannot be read. {commands.one_line(error)}") from error
    return script


def _end_history(stage: Stage, kept: set[str]) -> None:
    """Take a database back to what is KEPT of the history, and remove the files of all the rest."""
    with commands.project(stage.root):
        script = _loaded(stage)
        beyond = _up_to(script, stage.revision()) - kept
        others = [Path(found.path) for found in script.walk_revisions() if found.revision not in kept]
    if beyond:
        move(stage, *_newest(script, _up_to(script, stage.revision()) & kept))
    for path in others:
        path.unlink()


def _copy(here: Stage, root: Path, label: str) -> Stage:
    shutil.copytree(here.root, root, ignore=shutil.ignore_patterns("__pycache__"))
    chosen = None
    if here.chosen is not None and here.chosen.is_relative_to(here.root):
        chosen = root / here.chosen.relative_to(here.root)
    return Stage(root, label, here.area, chosen)


@contextmanager
def throwaway(*revisions: str) -> Iterator[Stage]:
    """A copy of the current project and database, deleted afterwards.

    It is migrated to exactly these REVISIONS (several: on as many branches), or stays where it is when none
    is given. Raises Problem when it cannot get there.
    """
    here = current()
    room = Path(tempfile.mkdtemp(prefix=".throwaway-", dir=here.area))
    try:
        stage = _copy(here, room / here.label, here.label)
        stage.area = room
        if revisions:
            move(stage, *revisions)
        yield stage
    finally:
        shutil.rmtree(room, ignore_errors=True)


def move(stage: Stage, *targets: str) -> None:
    """Upgrade or downgrade a database to exactly these revisions, or to base.

    What is applied and is not before them is taken back, as far down as its branch begins. Raises Problem
    with what Alembic says when it fails.
    """
    for words in _way(stage, targets):
        status, output = commands.alembic(stage.root, words)
        if status:
            end = output.strip().splitlines()[-1]
            raise Problem(f"the copy does not get to {' and '.join(targets)}: {end}")


def _way(stage: Stage, targets: Sequence[str]) -> list[list[str]]:
    """The commands that lead from where a database is to the TARGETS."""
    if BASE in targets:
        return [["downgrade", BASE]]  # of a new file too: it then has Alembic's own table
    with commands.project(stage.root):
        try:
            script = stage.script()
            wanted = _up_to(script, targets)
            applied = _up_to(script, stage.revision())
        except CommandError as error:
            raise Problem(f"the copy does not get to {' and '.join(targets)}: {error}") from error
        way = []
        if applied - wanted:
            fork = _fork(script, applied, wanted)
            way.append(["downgrade", fork])
            applied = {name for name in applied if name == fork or not _comes_after(script, name, fork)}
    return way + [["upgrade", target] for target in targets if target not in applied]


def _up_to(script: ScriptDirectory, revisions: Iterable[str]) -> set[str]:
    """The ids of REVISIONS and of all that must have run before them. Raises CommandError for a stranger."""
    found: set[str] = set()
    waiting = list(revisions)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += script.get_revision(name)._all_down_revisions
    return found


def _comes_after(script: ScriptDirectory, revision: str, other: str) -> bool:
    """Whether a revision has another before it, or is that one; everything has base before it."""
    return other == BASE or other in _up_to(script, [revision])


def _fork(script: ScriptDirectory, applied: set[str], wanted: set[str]) -> str:
    """How far to go down so that nothing is left that is not WANTED, and as little as possible goes."""
    below = [
        name for name in applied & wanted
        if all(_comes_after(script, unwanted, name) for unwanted in applied - wanted)
    ]  # fmt: skip
    return max(below, key=lambda name: (len(_up_to(script, [name])), name), default=BASE)


def _newest(script: ScriptDirectory, names: set[str]) -> list[str]:
    """Those of NAMES that are not before another of them; base when there is none."""
    before = {name for one in names for name in _up_to(script, [one]) - {one}}
    return sorted(names - before) or [BASE]
