"""Whether the capstone is done: run `python -m workbook.checks.capstone COPY RESULT` and read RESULT.

The student's code runs in other processes (`hands`); this one only looks at the databases that they leave.
First on SQLite, then the same and the locks on PostgreSQL, where a server can run; at last what kills leave.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from taskmaster.database import URL_VARIABLE
from workbook import capstone, commands, photo, server, stage
from workbook.checks.capstone_rows import (
    changes,
    meanwhile,
    no_task_for_nothing,
    repeats,
    rest_is_kept,
    says_how_many,
    tasks,
    titles_say_it,
    users,
    users_are_back,
)
from workbook.checks.hands import Hands, Killed
from workbook.checks.tasks import Task, all_tasks
from workbook.checks.trial import same_schema
from workbook.checks.verdict import CORRECT, NotYet, Verdict
from workbook.lessons import Lesson
from workbook.photo import Photo
from workbook.progress import CAPSTONE
from workbook.server import CannotRunHereError, Server

SEED, TASKS = 2028, 1500  # the users of this seed stand in an order that shows who takes a wrong first one
VERSIONS = "migrations/versions"
PLACES = {"SQLite": 1, "PostgreSQL": 3}  # of so many revisions that write rows the end is one to kill at
# As on most servers, and not on ours, lower() knows all letters
LANGUAGE = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
GIVEN = stage.PROJECT / VERSIONS
END = re.compile(r"\s*(UPDATE|INSERT INTO|DELETE FROM) alembic_version")  # the last statement of a revision
SHAPES = re.compile(r"\s*(CREATE|ALTER|DROP)\b", re.IGNORECASE)
WRITES = re.compile(r"\s*(WITH\b.*)?\b(INSERT INTO|UPDATE|DELETE FROM)\b", re.DOTALL | re.IGNORECASE)


def answer(root: Path, task: Task, running: Server | None = None) -> Verdict:
    """The answer for a copy of the student's capstone, which may be changed. RUNNING: a server to use."""
    try:
        note = grade(root, running)
    except NotYet as problem:
        return Verdict.not_yet(task.name, problem)
    return Verdict(task.name, CORRECT, note)


def grade(root: Path, running: Server | None = None) -> str:
    """What is to be said of a capstone that is right; empty for nothing. Raises NotYet with what is wrong."""
    history_is_kept(root)
    hands = Hands(root)
    found = hands.read()
    if len(found["heads"]) > 1:
        raise NotYet(
            f"Your history has {len(found['heads'])} heads: {', '.join(sorted(found['heads']))}.",
            where=VERSIONS,
            why="`alembic upgrade head` does not know which one you mean. Lesson 10 joins them.",
        )
    revisions = [Revision(*one) for one in found["revisions"]]
    if not revisions:
        raise NotYet(
            "There is no revision after 0019 yet.",
            where=VERSIONS,
            why='Begin with `tasks.repeat_every`: alembic revision -m "...", and write both directions.',
        )
    own = root / capstone.DATABASE
    if own.is_file():
        own.rename(root.parent / "own.db")
    sqlite = Grading(root, hands, OnSqlite(root.parent), revisions)
    sqlite.what_it_makes()
    own_database(root, found["heads"][0])
    try:
        with _server(running) as there, _tidied(OnPostgresql(root.parent, there)) as databases:
            hands.port = there.port
            postgresql = Grading(root, hands, databases, revisions)
            postgresql.what_it_makes()
            sqlite.what_a_kill_leaves()
            postgresql.what_a_kill_leaves()
    except CannotRunHereError as error:
        sqlite.what_a_kill_leaves()
        return f"Graded on SQLite alone: no PostgreSQL can run here ({error})."
    return ""


@contextmanager
def _server(running: Server | None) -> Iterator[Server]:
    """A server, and leave for the kit to go there."""
    there = running or server.start()
    server.of_our_starter = server.Place(there.port)
    try:
        yield there
    finally:
        server.of_our_starter = None
        if running is None:
            there.stop()


@contextmanager
def _tidied(databases: OnPostgresql) -> Iterator[OnPostgresql]:
    try:
        yield databases
    finally:
        databases.drop()


@dataclass(frozen=True)
class Revision:
    """One of the student's: its id and its file."""

    id: str
    path: str


# ------------------------------------------------------------------------------------- the whole project


def history_is_kept(root: Path) -> None:
    """The revisions up to 0019 are as they were given."""
    for path in sorted(GIVEN.glob("*.py")):
        here = root / VERSIONS / path.name
        if not here.is_file():
            raise NotYet(
                f"{path.name} is not there any more.",
                where=VERSIONS,
                why="A database that is at it, or before it, could not go on.",
            )
        if here.read_bytes().split() != path.read_bytes().split():
            raise NotYet(
                f"{path.name} is not as it was.",
                where=f"{VERSIONS}/{path.name}",
                why="It has run on other databases already, and will not run there again: write a new one.",
            )


def own_database(root: Path, head: str) -> None:
    """The student's own database has been upgraded."""
    path = root.parent / "own.db"
    if not path.is_file():
        raise NotYet(f"There is no {capstone.DATABASE}.", why="`workbook capstone --again` makes a new one.")
    try:
        with sa.create_engine(f"sqlite:///{path}", poolclass=NullPool).connect() as connection:
            at = list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())
    except SQLAlchemyError as error:
        raise NotYet(f"{capstone.DATABASE} cannot be read: {getattr(error, 'orig', error)}.") from error
    if at != [head]:
        raise NotYet(
            f"Your own database is at {' and '.join(at) or 'base'}, and your newest revision is {head}.",
            why="Run: alembic upgrade head. If you have written revisions anew that it has seen, begin with "
            f"the copy that you have kept: cp before.db {capstone.DATABASE}",
        )


# ---------------------------------------------------------------------------------------- the databases


@dataclass
class OnSqlite:
    """Copies of a database at 0019 with rows, as files."""

    area: Path
    name: str = "SQLite"
    of: str = ""
    made: int = 0

    def empty(self) -> str:
        """The URL of a database in which nothing is."""
        self.made += 1
        return f"sqlite:///{self.area / f'{self.made}.db'}"

    def filled(self) -> str:
        """The URL of a copy of the database at 0019 with rows."""
        if not hasattr(self, "_filled"):
            self._filled = self.empty()
            _fill(self._filled, self.area)
        return self.copy(self._filled)

    def copy(self, url: str) -> str:
        """The URL of a copy of a database."""
        made = self.empty()
        shutil.copyfile(sa.make_url(url).database or "", sa.make_url(made).database or "")
        return made

    def settle(self, _url: str) -> None:
        """Wait until nobody is in the database any more."""


@dataclass
class OnPostgresql:
    """The same on a server; a database at 0019 stays there for whoever checks next."""

    area: Path
    there: Server
    name: str = "PostgreSQL"
    of: str = "On PostgreSQL: "
    template: str = "capstone_filled"
    made: list[str] = field(default_factory=list)

    def empty(self) -> str:
        return self._new("template0", LANGUAGE)

    def filled(self) -> str:
        if self.template not in self.there._run("SELECT datname FROM pg_database"):
            self.there.create(self.template, language=LANGUAGE)
            _fill(_in_full(self.there.url(self.template)), self.area)
        return self._new(self.template)

    def copy(self, url: str) -> str:
        return self._new(str(sa.make_url(url).database))

    def settle(self, url: str) -> None:
        """A killed program's session ends when the server notices."""
        database = sa.make_url(url).database
        asked = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
        until = time.monotonic() + 20
        while int(self.there._run(asked)[0]) and time.monotonic() < until:
            time.sleep(0.02)

    def drop(self) -> None:
        """Remove what was made here, but for the one that stays."""
        for name in self.made:
            self.there.drop(name)
        self.made.clear()

    def _new(self, template: str, language: str = "") -> str:
        name = f"capstone_{time.monotonic_ns()}"
        self.made.append(name)
        return _in_full(self.there.create(name, template, language))


def _in_full(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def _fill(url: str, area: Path) -> None:
    """Bring an empty database to 0019, through the workbook's own files, and put rows into it."""
    root = area / "given"
    if not root.exists():
        stage.copy_project(root, Lesson(capstone.START, capstone.START))
    status, said = commands.alembic(
        root, ["upgrade", capstone.START], area=area, settings={URL_VARIABLE: url}
    )
    if status:
        raise capstone.CannotBeMadeError(said.strip())
    capstone.fill(_engine(url), seed=SEED, tasks=TASKS)


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=NullPool)


# --------------------------------------------------------------------------------------------- grading


class Grading:
    """Everything that is asked on one kind of database."""

    def __init__(
        self, root: Path, hands: Hands, on: OnSqlite | OnPostgresql, revisions: Sequence[Revision]
    ) -> None:
        self.root, self.hands, self.on, self.revisions = root, hands, on, revisions

    def what_it_makes(self) -> None:
        """Schema, rows and locks of the upgrade; the downgrade; up again. Raises NotYet, as all here do."""
        with self._named():
            url = self.on.filled()
            self.before = photo.take(_engine(url))
            written = self.written(url)
            moved = self.up(url, watch=isinstance(self.on, OnPostgresql))
            self.sent = moved["sent"]
            after = photo.take(_engine(url))
            self.at_the_head(after)
            written_since = {id_ for id_, number in self.written(url).items() if written.get(id_) != number}
            self.head(url, self.before, after)
            self.models(url)
            self.locks(moved)
            self.validated(url)
            no_task_for_nothing(self.before, after, written_since)
            self.down_and_up(url, after, moved["log"])

    def what_a_kill_leaves(self) -> None:
        """And what comes of a database in which nothing is."""
        with self._named():
            self.kill(self.sent)
            self.from_nothing()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say of a problem on which database it was, where that is not SQLite."""
        try:
            yield
        except NotYet as problem:
            problem.what = f"{self.on.of}{problem.what}"
            raise

    def up(self, url: str, when: str = "The upgrade stops", **how: Any) -> dict[str, Any]:
        return self._move(url, "head", when, **how)

    def _move(self, url: str, to: str, when: str, **how: Any) -> dict[str, Any]:
        try:
            return self.hands.move(url, to, **how)
        except NotYet as problem:
            what = (
                problem.what
                if problem.what.startswith(("Python", "Your code"))
                else f"{when}: {problem.what}"
            )
            where = self._guilty(problem.what) or problem.where or VERSIONS
            raise NotYet(what, where=where, why=_reason(problem)) from problem

    def _guilty(self, what: str) -> str:
        """The file of the revision that the guard names, which has no line of its own in the traceback."""
        named = re.search(r"after revision (\w+),", what)
        return next((one.path for one in self.revisions if named and one.id == named[1]), "")

    # ------------------------------------------------------------------------------------- at the head

    def at_the_head(self, after: Photo) -> None:
        """The upgrade has not only come to its end, it has been committed."""
        if after.revision != (self.revisions[-1].id,):
            raise NotYet(
                f"The upgrade ends without an error, and the database is at {after.place}.",
                where="migrations/env.py",
                why="Nobody has committed it.",
            )

    def head(self, url: str, before: Photo, after: Photo) -> None:
        """Schema and rows are as the three changes ask for; what is begun is looked at first."""

        def repeating() -> None:
            repeats(after)
            self.refusals_of_repeats(url)
            tasks(before, after)

        def history() -> None:
            changes(before, after)
            self.refusals_of_changes(url)

        def persons() -> None:
            users(before, after)
            self.refusals_of_users(url)

        begun = (
            "repeat_every" in {column.name for column in after.tables["tasks"].columns},
            "changes" in after.tables,
            before.rows["users"].keys != after.rows["users"].keys
            or before.tables["users"] != after.tables["users"],
        )
        parts = zip(begun, (repeating, history, persons), strict=True)
        for here, ask in sorted(parts, key=lambda part: not part[0]):
            with nullcontext() if here else self._next_wish(sum(begun)):
                ask()
        rest_is_kept(before, after)

    @contextmanager
    def _next_wish(self, done: int) -> Iterator[None]:
        """Say of what is not begun that what is there is right."""
        try:
            yield
        except NotYet as problem:
            if done:
                so_far = "One of the three wishes is" if done == 1 else "Two of the three wishes are"
                problem.what = f"{so_far} right in schema and rows. Now the next: {_small(problem.what)}"
            raise

    def rows(self, before: Photo, after: Photo) -> None:
        """The same without the questions to the database itself."""
        repeats(after)
        tasks(before, after)
        changes(before, after)
        users(before, after)
        rest_is_kept(before, after)

    def refusals_of_repeats(self, url: str) -> None:
        for number in (0, -1):
            if self._accepts(url, f"UPDATE tasks SET repeat_every = {number} WHERE id = 1"):
                raise NotYet(
                    f"The database accepts {number} in `tasks.repeat_every`.",
                    why="A CHECK refuses it, whichever program asks.",
                )
        for word in ("1", "NULL"):
            self._must_accept(url, f"UPDATE tasks SET repeat_every = {word} WHERE id = 1")

    def refusals_of_changes(self, url: str) -> None:
        self._must_accept(url, A_CHANGE)
        left = self._ask(
            url, A_CHANGE, "DELETE FROM tasks WHERE id = 1", "SELECT id FROM changes WHERE task_id = 1"
        )
        if left:
            raise NotYet(
                "When a task is deleted, its rows of `changes` stay.",
                why="The task asks for ON DELETE CASCADE.",
            )

    def refusals_of_users(self, url: str, what: str = "The database") -> None:
        name, email = self._ask(
            url,
            "SELECT username, email FROM users WHERE username LIKE '_%.%' AND email LIKE '%@%' ORDER BY id",
        )[0]
        second, other = f" {_twin(name)}", f"{_twin(email)} "
        for words, values in (
            (f"a second username {second!r} beside {name!r}", f"'{second}', NULL"),
            (f"a second email {other!r} beside {email!r}", f"'nobody', '{other}'"),
        ):
            if self._accepts(url, f"INSERT INTO users (username, email) VALUES ({values})"):
                raise NotYet(
                    f"{what} accepts {words}.",
                    why="What has come once comes again: the database refuses it, not a program. "
                    "A unique index may be on an expression.",
                )
        for email in ("NULL", "'nobody@example.org'"):
            self._must_accept(
                url,
                "INSERT INTO users (username, email) VALUES ('somebody', NULL)",
                f"INSERT INTO users (username, email) VALUES ('nobody', {email})",
            )

    def _accepts(self, url: str, *statements: str) -> bool:
        try:
            self._ask(url, *statements)
        except DBAPIError:
            return False
        return True

    def _must_accept(self, url: str, *statements: str, keep: bool = False) -> None:
        try:
            self._ask(url, *statements, keep=keep)
        except DBAPIError as error:
            raise NotYet(
                f"The database refuses: {error.statement}", why=f"It says: {commands.one_line(error)}."
            ) from error

    def _ask(self, url: str, *statements: str, keep: bool = False) -> list[Any]:
        """The rows of the last statement; nothing of it stays, unless it is to be kept."""
        with _engine(url).connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            results = [connection.execute(sa.text(statement)) for statement in statements]
            rows = list(results[-1]) if results[-1].returns_rows else []
            connection.commit() if keep else connection.rollback()
        return rows

    # ----------------------------------------------------------------------------------------- models

    def models(self, url: str) -> None:
        """They agree with the database, and what they make refuses the same.

        Asked on SQLite alone: PostgreSQL spells an index on an expression otherwise than the models.
        """
        if isinstance(self.on, OnPostgresql):
            return
        for _sign, where, what in self.hands.differences(url)[:1]:
            raise NotYet(
                f"The models and the database do not agree: {where}: {what}.",
                where="taskmaster/models.py",
                why="`alembic check` would say so, and the next --autogenerate would propose to change it."
                if "does not see this" not in what
                else "A database that is made from the models would not be that of your revisions.",
            )
        made = self.on.empty()
        photo.take(_engine(made))  # the file is there then
        Path(sa.make_url(made).database or "").touch()
        self.hands.from_models(made)
        for name, email in (("ana.k", "ana.k@example.org"), ("ben.k", None)):
            self._ask(
                made,
                f"INSERT INTO users (username, email) VALUES ('{name}', {repr(email) if email else 'NULL'})",
                keep=True,
            )
        try:
            self.refusals_of_users(made, "A database that is made from your models")
        except NotYet as problem:
            raise NotYet(
                problem.what,
                where="taskmaster/models.py",
                why="Tests make theirs so. An Index of the models may be on an expression too.",
            ) from problem

    # ------------------------------------------------------------------------------------- down and up

    def down_and_up(self, url: str, after: Photo, log: list[str]) -> None:
        """Down to 0019 after people have worked at the head, and up again."""
        self._must_accept(url, *meanwhile(after), keep=True)
        head = photo.take(_engine(url))
        moved = self._move(url, capstone.START, "The downgrade stops", down=True)
        down = photo.take(_engine(url))
        if down.revision != (capstone.START,):
            raise NotYet(f"`alembic downgrade 0019` ends at {down.place}.", where=VERSIONS)
        for difference in same_schema(self.before, down):
            raise NotYet(
                f"Down at 0019, the schema is not that of 0019: {difference}.",
                where=f"{VERSIONS}, in downgrade()",
                why=BACK,
            )
        owners = users_are_back(self.before, head, down, log + moved["log"])
        titles_say_it(head, down, owners)
        says_how_many(
            moved["log"], len(head.rows["changes"]), "The downgrade takes the {n} rows of `changes` away"
        )
        self.up(url, "After the downgrade, the upgrade stops")
        again = photo.take(_engine(url))
        try:
            self.rows(down, again)
        except NotYet as problem:
            raise NotYet(
                f"After a downgrade and another upgrade: {problem.what}", where=problem.where, why=problem.why
            ) from problem

    # -------------------------------------------------------------------------------------------- kill

    def kill(self, sent: list[str]) -> None:
        """Killed in the middle, the database is at one of the revisions, and a second upgrade finishes."""
        boundaries = {self.before.revision: self.before}
        for number in places(sent, PLACES[self.on.name]):
            url = self.on.filled()
            try:
                self.hands.move(url, "head", die=number)
            except Killed:
                self.on.settle(url)
            found = photo.take(_engine(url))
            if found.revision not in boundaries:
                boundaries = self.boundaries()
            self.at_a_boundary(found, boundaries, sent[number - 1])
            self.up(url, f"Killed {_before(sent[number - 1])}, and upgraded once more, it stops")
            self.rows(self.before, photo.take(_engine(url)))

    def boundaries(self) -> dict[tuple[str, ...], Photo]:
        """The database at each of the student's revisions."""
        url = self.on.filled()
        found = {self.before.revision: self.before}
        for revision in self.revisions:
            self._move(url, revision.id, "One revision at a time, the upgrade stops", only=True)
            taken = photo.take(_engine(url))
            found[taken.revision] = taken
        return found

    def at_a_boundary(self, found: Photo, boundaries: dict[tuple[str, ...], Photo], statement: str) -> None:
        killed = f"Killed {_before(statement)}"
        meant = boundaries.get(found.revision)
        if meant is None:
            raise NotYet(f"{killed}, the database is at {found.place}, which is none of your revisions.")
        for difference in same_schema(meant, found):
            half = difference.replace("still there", "there already")
            raise NotYet(f"{killed}, the database says that it is at {found.place}, and {half}.", why=HALF)
        for name, rows in meant.rows.items():
            there = found.rows[name]
            same = len(there) == len(rows) and (name not in self.before.tables or there == rows)
            if not same:
                raise NotYet(
                    f"{killed}, the database says that it is at {found.place}, "
                    f"and the rows of `{name}` are not those of {found.place} any more.",
                    why=HALF,
                )

    def from_nothing(self) -> None:
        """An empty database goes to the head, back to nothing, and there once more.

        Where a revision of before cannot go back over a table that was copied since, that is no fault of
        the student's: a copy says some rules otherwise, and `DROP COLUMN` on SQLite then refuses.
        """
        url = self.on.empty()
        when = "On an empty database, the {} stops".format
        self._move(url, "head", when("upgrade"))
        self._move(url, capstone.START, when("downgrade"), down=True)
        try:
            self._move(url, "base", when("downgrade to base"), down=True)
        except NotYet as problem:
            if Path(problem.where.partition(",")[0]).name not in {path.name for path in GIVEN.glob("*.py")}:
                raise
        else:
            left = list(photo.take(_engine(url)).tables)
            if left:
                raise NotYet(f"Down at base, the table `{left[0]}` is still there.", where=VERSIONS)
        self._move(url, "head", when("second upgrade"))

    # ------------------------------------------------------------------------------------------- locks

    def written(self, url: str) -> dict[int, int]:
        """For each task a number that is another one when its row has been written; SQLite has none."""
        if isinstance(self.on, OnSqlite):
            return {}
        return {id_: int(number) for id_, number in self._ask(url, "SELECT id, xmin::text FROM tasks")}

    def locks(self, moved: dict[str, Any]) -> None:
        """On PostgreSQL, nobody waits for the rows of `tasks` to be gone through."""
        sent = moved["sent"]
        for lock in moved["locks"]:
            if lock["rows"] < TASKS // 2:
                continue
            stopped = "reads or writes" if lock["mode"] == "AccessExclusiveLock" else "wants to write"
            took, worked = _short(sent[lock["number"] - 1]), _short(sent[lock["at"] - 1])
            begun = len([words for words in sent[: lock["number"] - 1] if END.match(words)])
            path = self.revisions[begun].path if begun < len(self.revisions) else VERSIONS
            if lock["number"] == lock["at"]:
                what = f"`{took}` goes through the rows, and whoever {stopped} `tasks` waits for it."
            else:
                what = (
                    f"`{took}` takes a lock, for which whoever {stopped} `tasks` waits, and in the same "
                    f"transaction `{worked}` goes through the rows."
                )
            raise NotYet(what, where=path, why=LOCKED + _instead(sent[lock["at"] - 1]))

    def validated(self, url: str) -> None:
        """On PostgreSQL, no rule has stayed NOT VALID."""
        if isinstance(self.on, OnSqlite):
            return
        for table, rule in self._ask(url, NOT_VALIDATED):
            raise NotYet(
                f"The rule {rule} of `{table}` is still NOT VALID: no old row has been looked at.",
                why=f"That is the second half: a later revision says ALTER TABLE {table} VALIDATE CONSTRAINT "
                f"{rule}, and everybody can work meanwhile.",
            )


def _reason(problem: NotYet) -> str:
    """Why what has come right elsewhere stops here, where the error itself does not know."""
    what = problem.what
    if "could not create unique index" in what and "lower(" in what and "COLLATE" not in what:
        return LETTERS
    return problem.why


NOT_VALIDATED = (
    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE NOT convalidated ORDER BY conname"
)
LETTERS = (
    "SQLite has let them in: its lower() knows A to Z, and that of PostgreSQL every letter that the language "
    'of the server knows. Say lower(trim(...) COLLATE "C") there.'
)
LOCKED = (
    "The lock is held until the transaction ends: with a million tasks, long. What is short goes into one "
    "revision, what goes through the rows into another."
)
INSTEAD = {
    r"\s*CREATE\s+(UNIQUE\s+)?INDEX\b": " An index is made CONCURRENTLY.",
    r"\s*ALTER\b.*\b(CHECK|FOREIGN KEY|REFERENCES)\b": " A rule comes as NOT VALID first.",
}
BACK = "Whoever goes down wants the program of before back, and it expects the database of before."
HALF = (
    "Half of a revision is done, and no revision says so: the next upgrade begins it once more. A revision "
    "is one transaction, and the line in `alembic_version` belongs to it."
)
A_CHANGE = (
    "INSERT INTO changes (task_id, changed_at, field, old, new) "
    "VALUES (1, '2026-03-02 09:00:00', 'title', 'before', 'behind')"
)


def _twin(text: str) -> str:
    """The same in other letters, without spaces at its ends."""
    small = text.strip(" ")
    return small.upper() if small != small.upper() else small.lower()


def _instead(statement: str) -> str:
    """How else to say what reads all the rows itself; empty for what does not."""
    for pattern, words in INSTEAD.items():
        if re.match(pattern, statement, re.IGNORECASE | re.DOTALL):
            return words
    return ""


def _small(sentence: str) -> str:
    """A sentence that goes on after a colon."""
    return sentence[0].lower() + sentence[1:]


def _before(statement: str) -> str:
    """Where a program was killed."""
    return f"before `{_short(statement)}`"


def _short(statement: str) -> str:
    """A statement in words that fit a line."""
    words = " ".join(statement.split())
    return words if len(words) < 60 else f"{words[:57]}..."


def places(sent: list[str], most: int) -> list[int]:
    """At which statements to kill: where a revision has done its work, just before it is written down itself.

    That is MOST of those that write rows, the first that changes the schema (which SQLite commits at once,
    unless somebody has begun a transaction), and the middle of the one that sends the most.
    """
    ends = [number for number, words in enumerate(sent, 1) if END.match(words)]
    spans = list(zip([0, *ends], ends, strict=False))
    busiest = sorted(spans, key=lambda span: sum(bool(WRITES.match(one)) for one in sent[slice(*span)]))
    shaping = [last for first, last in spans if any(SHAPES.match(one) for one in sent[first:last])]
    begin, end = max(spans, key=lambda span: span[1] - span[0])
    return sorted({*shaping[:1], *(last for _, last in busiest[-most:]), (begin + end + 1) // 2})


def main(_job: str, copy: str, result: str, _seconds: str) -> None:
    """Grade the project in COPY; what its input says of a running server is used. RESULT gets the answer."""
    given = json.loads(sys.stdin.readline() or "null")
    running = Server(given["port"], given["password"], None) if given else None  # type: ignore[arg-type]
    task = next(task for task in all_tasks() if task.project == CAPSTONE)
    found = answer(Path(copy), task, running)
    Path(result).write_text(json.dumps([found.as_json()]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
