"""env.py goes where the environment says, then .env, then alembic.ini; and git leaves .env alone."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fnmatch import fnmatch
from pathlib import Path

from workbook.checks.blog import Blog
from workbook.checks.trial import DATABASE
from workbook.checks.verdict import NotYet

PLACE, NAME, IGNORED = "migrations/env.py", "BLOG_DATABASE_URL", ".gitignore"
RESTS_ON = (IGNORED,)
MAKE = """op.create_table("made", sa.Column("id", sa.Integer(), primary_key=True))"""
VARIABLE, FILE = "100%.db", "50%.db"
INTERPOLATION = (
    "In an ini file `%` begins a name that is to be filled in. Hand the URL to `create_engine`, and no ini "
    "sees it."
)


def attempted(root: Path) -> bool:
    """Whether their env.py knows the variable."""
    return NAME in (root / PLACE).read_text(encoding="utf-8", errors="replace")


def check(blog: Blog) -> None:
    with where(blog, None, None):
        arrives(blog, DATABASE, f"With neither {NAME} nor `.env`")
    with where(blog, VARIABLE, None):
        arrives(blog, VARIABLE, f"With {NAME}=sqlite:///{VARIABLE}")
    with where(blog, None, FILE):
        arrives(blog, FILE, f"With {NAME}=sqlite:///{FILE} in `.env`")
    with where(blog, VARIABLE, FILE):
        arrives(blog, VARIABLE, f"With one {NAME} in the environment and another in `.env`")
    with where(blog, "", None):
        arrives(blog, DATABASE, f"With an empty {NAME}")
    git_leaves_it_alone(blog.root / IGNORED)


@contextmanager
def where(blog: Blog, variable: str | None, file: str | None) -> Iterator[None]:
    """Let the environment and `.env` say these databases for a while, each a copy of the blog's."""
    before, dotenv = os.environ.pop(NAME, None), blog.root / ".env"
    kept = dotenv.read_bytes() if dotenv.is_file() else None
    assert blog.last.file is not None
    for name in (VARIABLE, FILE):
        shutil.copyfile(blog.last.file, blog.root / name)
    if variable is not None:
        os.environ[NAME] = variable and f"sqlite:///{variable}"
    dotenv.unlink(missing_ok=True)
    if file:
        dotenv.write_text(f"{NAME}=sqlite:///{file}\n", encoding="utf-8")
    try:
        yield
    finally:
        os.environ.pop(NAME, None)
        if before is not None:
            os.environ[NAME] = before
        dotenv.unlink(missing_ok=True)
        if kept is not None:
            dotenv.write_bytes(kept)
        for name in (VARIABLE, FILE):
            (blog.root / name).unlink(missing_ok=True)


def arrives(blog: Blog, wanted: str, begin: str) -> None:
    after, problem = blog.probe(MAKE)
    if problem is not None:
        why = INTERPOLATION if "interpolation" in problem.what else problem.why
        raise NotYet(f"{begin}, a migration stops: {problem.what}", where=problem.where or PLACE, why=why)
    found = [DATABASE] if "made" in after.tables else []
    found += [name for name in (VARIABLE, FILE) if has_made(blog.root / name)]
    if found != [wanted]:
        raise NotYet(
            f"{begin}, a migration goes to {' and '.join(found) or 'no database at all'}; "
            f"the task asks for {wanted}.",
            where=PLACE,
            why="The variable first, then `.env`, then alembic.ini; an empty variable counts as none.",
        )


def has_made(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'made'").fetchall())


def git_leaves_it_alone(path: Path) -> None:
    """Read the file as git does: the last line that fits decides, and one with a `!` takes `.env` back."""
    if not path.is_file():
        raise NotYet(
            f"There is no file {IGNORED} beside alembic.ini.",
            why="The password will stand in `.env`, and `git add .` takes all that is not named there.",
        )
    written = path.read_bytes()
    if b"\0" in written:
        raise NotYet(
            f"{IGNORED} is written in UTF-16, and git reads nothing in it.",
            where=IGNORED,
            why="`>` in an old PowerShell writes so. Save it from an editor, as UTF-8.",
        )
    left_alone = False
    for line in written.decode("utf-8-sig", errors="replace").splitlines():
        name = line.rstrip().removeprefix("!").removeprefix("**/").removeprefix("/")
        if fnmatch(".env", name):
            left_alone = not line.startswith("!")
    if not left_alone:
        raise NotYet(
            f"{IGNORED} has no line for `.env`; the task asks for one.",
            where=IGNORED,
            why="What git does not leave alone is committed some day, and a password with it.",
        )
