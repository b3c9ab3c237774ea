"""What is wrong with the folder of a student's blog, in sentences, and repairs that keep the student's work.

Nothing is repaired before `repair` is called, and `turn.undo` takes every repair back. Files come back from
the copies that checks have kept; where there is none, the finding says what to do by hand.
"""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from configparser import Error as IniError
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.util import CommandError

from workbook import progress, turn
from workbook.checks import address, answers, building, reading, runner
from workbook.checks.address import URL
from workbook.checks.tasks import all_tasks
from workbook.checks.trial import DATABASE, config
from workbook.checks.verdict import NotYet

VERSIONS = Path("migrations") / "versions"
# What `alembic init` makes and a student does not change before lesson 05, and only env.py then.
FROM_INIT = ("alembic.ini", "migrations/env.py", "migrations/script.py.mako")
LEFT_OVER = "_alembic_tmp_"
# What SQLite lays beside a database and reads with it: beside another one it would be read into that.
COMPANIONS = ("-journal", "-wal", "-shm")
MOST_ROUNDS = 20  # one repair may bring the next fault to light: a file that stands on a file that is gone
REPAIRS_FAIL = (OSError, sqlite3.Error, CommandError, building.BuildError)

Repair = Callable[[Path], None]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong. `offer` says what `repair` does; where there is none, what to do by hand."""

    what: str
    offer: str
    repair: Repair | None = None


def findings(workspace: Path) -> list[Finding]:
    """Everything that is wrong with the blog in WORKSPACE, what the others may come from first.

    Its code is run only when its files are in order, and then in a copy.
    """
    blog = turn.blog(workspace)
    missing = turn.why_missing(workspace)
    if missing:
        return [Finding(*missing)]
    if not blog.is_dir():
        return [Finding(f"There is no folder {blog.name} in {workspace}.", "Lesson 00 makes it.")]
    return _findings(blog, list(progress.kept(workspace).values()))


def _findings(blog: Path, copies: list[Path]) -> list[Finding]:
    found = [*_missing(blog, copies), *_url(blog)]
    if _scripts_are_in_migrations(blog):  # in another folder they are the student's own affair
        found += [*_revisions(blog, copies), *_database(blog, copies)]
    return found or list(_drift(blog, copies))


def repair(workspace: Path) -> tuple[list[Finding], str]:
    """Do what `findings` offers, and what it offers then, to a copy that takes the place of the blog.

    Returns what was repaired, and the name under which the blog is kept.
    """
    copies = list(progress.kept(workspace).values())
    done: list[Finding] = []
    with turn.new_blog(workspace) as new:
        shutil.copytree(turn.blog(workspace), new, symlinks=True, dirs_exist_ok=True)
        for _ in range(MOST_ROUNDS):
            offered = [one for one in _findings(new, copies) if one.repair is not None]
            for finding in offered:
                assert finding.repair is not None
                finding.repair(new)
            done += offered
            if not offered:
                break
        kept = turn.take_place(workspace, new, "doctor --repair")
    assert kept is not None
    return done, kept


# ------------------------------------------------------------------------------------------- the files


def _missing(blog: Path, copies: list[Path]) -> Iterator[Finding]:
    own = [name for name in FROM_INIT if _scripts_are_in_migrations(blog) or "/" not in name]
    names = [*own, *(["models.py"] if _any_revision(blog) or copies else [])]
    for name in names:
        if not (blog / name).is_file():
            yield _bring_back(blog, name, copies, f"{name} is not there.")
    if _scripts_are_in_migrations(blog) and not (blog / VERSIONS).is_dir():
        yield Finding(f"The folder {VERSIONS.as_posix()} is not there.", "Make it.", _make_versions)


def _scripts_are_in_migrations(blog: Path) -> bool:
    """Whether alembic.ini names the folder that all lessons name; True also where nobody can say."""
    try:
        text = (blog / "alembic.ini").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return True
    found = re.search(r"^script_location\s*[=:]\s*(.*?)\s*$", text, re.MULTILINE)
    return found is None or found[1].replace("\\", "/").rstrip("/").rpartition("/")[2] == "migrations"


def _below(path: Path) -> str:
    """The name of a revision file as it is seen from the folder of its project."""
    parts = path.parts
    last = max(number for number, part in enumerate(parts) if part == VERSIONS.parts[0])
    return Path(*parts[last:]).as_posix()


def _make_versions(blog: Path) -> None:
    (blog / VERSIONS).mkdir(parents=True, exist_ok=True)


def _any_revision(blog: Path) -> bool:
    return any((blog / VERSIONS).rglob("*.py"))


def _bring_back(blog: Path, name: str, copies: list[Path], what: str) -> Finding:
    """A finding about a file, and the repair: the newest copy of it that a check has kept, or a fresh one."""
    source = next((copy / name for copy in copies if (copy / name).is_file()), None)
    if source is not None:
        offer = f"Put {name} back as it was when {_task(source, name)} was correct."
        return Finding(what, offer + _yours(blog, name), lambda root: _put(source, root, name))
    if name in FROM_INIT:
        offer = f"Put {name} there as lesson 00 leaves it." + _yours(blog, name)
        return Finding(what, offer, lambda root: _put_from_lesson_00(root, name))
    return Finding(what, "No check has kept a copy of it: bring it back yourself, or `workbook reset TASK`.")


def _yours(blog: Path, name: str) -> str:
    return f" Yours is kept as {name}.yours." if (blog / name).is_file() else ""


def _task(path: Path, name: str) -> str:
    return path.parents[len(Path(name).parts) - 1].name


def _put(source: Path, root: Path, name: str) -> None:
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    for end in ("", *COMPANIONS) if name == DATABASE else ("",):
        mine, kept = Path(f"{target}{end}"), Path(f"{source}{end}")
        if mine.is_file():
            mine.replace(f"{target}.yours{end}")
        if kept.is_file():
            shutil.copyfile(kept, mine)


def _put_from_lesson_00(root: Path, name: str) -> None:
    first = root.with_name(f"{root.name}-00")
    try:
        building.build(first, all_tasks()[:1])
        _put(first / name, root, name)
    finally:
        shutil.rmtree(first, ignore_errors=True)


# --------------------------------------------------------------------------------------------- the URL


def _url(blog: Path) -> Iterator[Finding]:
    path = blog / "alembic.ini"
    if not path.is_file():
        return
    try:
        wrong = address.wrong(path.read_text(encoding="utf-8"), blog)
    except (IniError, ValueError) as error:
        first = str(error).splitlines()[0]
        yield Finding(
            f"alembic.ini cannot be read: {first}", "Mend that line; `alembic init` writes one to compare."
        )
        return
    if wrong:
        yield Finding(f"{wrong.what} (sqlalchemy.url in alembic.ini)", f"Write {URL} there.", _write_url)


def _write_url(blog: Path) -> None:
    path = blog / "alembic.ini"
    text = path.read_text(encoding="utf-8")
    line = f"sqlalchemy.url = {URL}"
    new, changes = re.subn(r"^sqlalchemy\.url\s*[=:].*$", lambda _: line, text, count=1, flags=re.MULTILINE)
    if not changes:
        new = re.sub(
            r"^\[alembic\].*$", lambda section: f"{section[0]}\n{line}", text, count=1, flags=re.MULTILINE
        )
    path.write_text(new, encoding="utf-8")


# ------------------------------------------------------------------------------------- the revisions


def _revisions(blog: Path, copies: list[Path]) -> Iterator[Finding]:
    paths = sorted((blog / VERSIONS).rglob("*.py"))
    read = {path: reading.read(path) for path in paths}
    unreadable = [path for path, one in read.items() if one is None]
    for path in unreadable:
        name = _below(path)
        yield _bring_back(blog, name, copies, f"Python finds no revision in {name}: {_syntax(path)}.")
    found = [one for one in read.values() if one is not None]
    twice = {one.revision for one in found if sum(other.revision == one.revision for other in found) > 1}
    for revision in sorted(twice):
        names = ", ".join(one.path.name for one in found if one.revision == revision)
        yield Finding(
            f"Two files have the same id, {revision}: {names}.",
            "Delete the copy, or give it an id of its own.",
        )
    if unreadable or twice:
        return
    ids = {one.revision for one in found}
    lost = {parent for one in found for parent in one.parents} - ids
    for parent in sorted(lost):
        child = next(one.path.name for one in found if parent in one.parents)
        yield _deleted(parent, copies, f"{child} stands on revision {parent}, and no file has that id.")
    heads = sorted(ids - {parent for one in found for parent in one.parents})
    if len(heads) > 1 and not lost:
        yield Finding(
            f"Your history has {len(heads)} heads: {', '.join(heads)}.",
            "Write a revision that joins them, as `alembic merge heads` does. Then: alembic upgrade head. "
            "(Where one is to follow the other, correct its down_revision instead: workbook check.)",
            _merge,
        )


def _syntax(path: Path) -> str:
    try:
        compile(path.read_bytes(), path.name, "exec")
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}"
    except (ValueError, OSError) as error:
        return f"{type(error).__name__}"
    return "it has no `revision = ...`"


def _deleted(revision: str, copies: list[Path], what: str) -> Finding:
    for copy in copies:
        for path in sorted((copy / VERSIONS).rglob("*.py")):
            one = reading.read(path)
            if one is not None and one.revision == revision:
                return _from_copy(path, what)
    return Finding(
        what, "No check has kept a copy of it: bring the file back yourself, or `workbook reset TASK`."
    )


def _from_copy(path: Path, what: str) -> Finding:
    name = _below(path)
    return Finding(what, f"Bring {name} back.", lambda root: _put(path, root, name))


def _merge(blog: Path) -> None:
    with redirect_stdout(io.StringIO()):
        command.merge(config(blog), "heads", message="join the heads")


# -------------------------------------------------------------------------------------- the database


def _database(blog: Path, copies: list[Path]) -> Iterator[Finding]:
    strays = [
        path.relative_to(blog).as_posix()
        for path in sorted(blog.rglob(DATABASE))
        if path != blog / DATABASE and not set(path.relative_to(blog).parts) & set(progress.LEFT_OUT)
    ]
    if strays:
        yield Finding(
            f"There is a second database: {strays[0]}.",
            "A relative URL made it. Look into it, then delete it.",
        )
    path = blog / DATABASE
    if not path.is_file():
        if any((copy / DATABASE).is_file() for copy in copies):
            yield _bring_back(blog, DATABASE, copies, f"{DATABASE} is not there.")
        return
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as database:
            tables = {
                name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            at = (
                [row[0] for row in database.execute("SELECT version_num FROM alembic_version")]
                if "alembic_version" in tables
                else []
            )
            counts = {
                name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables
            }
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            yield Finding(
                f"{DATABASE} is in use by another program, which keeps everybody else out.",
                "Commit or close it there: a terminal with sqlite3 or Python, a notebook, a viewer.",
            )
            return
        yield _bring_back(blog, DATABASE, copies, f"{DATABASE} cannot be read: {error}.")
        return
    except sqlite3.DatabaseError as error:
        yield _bring_back(blog, DATABASE, copies, f"{DATABASE} cannot be read: {error}.")
        return
    for left in sorted(name for name in tables if name.startswith(LEFT_OVER)):
        yield _left_over(left, counts)
    if tables - {"alembic_version"} and not at and _any_revision(blog):
        yield Finding(
            "Your database has tables, and says of no revision that it has run.",
            "A downgrade() that does nothing left them there, create_all() made them, or somebody emptied "
            "alembic_version. Where their rows may go, rename blog.db and run alembic upgrade head; "
            "otherwise lesson 11 shows how to find the revision to stamp.",
        )
    found = [one for each in (blog / VERSIONS).rglob("*.py") if (one := reading.read(each))]
    parents = {one.revision: one.parents for one in found}
    for revision in at:
        if revision not in parents:
            what = f"Your database is at revision {revision}, and no file has that id."
            yield _deleted(revision, copies, what)
    below = {other: revision for revision in at for other in reading.before(revision, parents) & set(at)}
    for other, revision in sorted(below.items()):
        yield _one_row_too_many(other, revision)


def _one_row_too_many(below: str, revision: str) -> Finding:
    return Finding(
        f"alembic_version has a row {below} and a row {revision}, and {below} comes before {revision}.",
        f"Delete the row {below}; the tables stay as they are.",
        lambda blog: _execute(blog, f"DELETE FROM alembic_version WHERE version_num = '{below}'"),
    )


def _left_over(left: str, counts: dict[str, int]) -> Finding:
    table = left.removeprefix(LEFT_OVER)
    what = f"A rebuild stopped half-way and left {left} behind, with {counts[left]} rows"
    if table in counts:
        return Finding(
            f"{what}; `{table}` has {counts[table]}.",
            f"Drop {left}; `{table}` stays as it is.",
            lambda blog: _execute(blog, f'DROP TABLE "{left}"'),
        )
    return Finding(
        f"{what}, and `{table}` is gone.",
        f"Give it its name back, {table}.",
        lambda blog: _execute(blog, f'ALTER TABLE "{left}" RENAME TO "{table}"'),
    )


def _execute(blog: Path, statement: str) -> None:
    with closing(sqlite3.connect(blog / DATABASE)) as database:
        database.execute(statement)
        database.commit()


# ------------------------------------------------------------------------------ what ran, and the files


def _drift(blog: Path, copies: list[Path]) -> Iterator[Finding]:
    """A file that was changed after it had run: the database shows it, a kept copy says which one."""
    if not (blog / DATABASE).is_file():
        return
    try:
        differences = runner.drift(blog)
    except NotYet as problem:
        where = f" ({problem.where})" if problem.where else ""
        yield Finding(
            f"{problem.what}{where}",
            "`workbook check` says it beside the task; `workbook explain` explains messages.",
        )
        return
    if not differences:
        return
    what = differences[0]
    if answers.HALF_WAY in what:
        yield _bring_back(blog, DATABASE, copies, f"{what} {answers.AGAIN}")
        return
    for copy in copies[:1]:
        for path in sorted((copy / VERSIONS).rglob("*.py")):
            name = _below(path)
            if (blog / name).is_file() and (blog / name).read_bytes() != path.read_bytes():
                yield _bring_back(blog, name, [copy], f"{what} {path.name} was changed after it had run.")
                return
    yield Finding(
        f"{what} {answers.CHANGED}",
        "Put the file back as it ran, or take the change of the table back. What is new needs a new one.",
    )
