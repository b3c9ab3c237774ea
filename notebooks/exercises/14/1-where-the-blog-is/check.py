"""env.py goes where the environment says, then .env, then alembic.ini; and git leaves .env alone."""

import io
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from workbook.checks.blog import Blog
from workbook.checks.trial import DATABASE, config, said, working_in
from workbook.checks.verdict import NotYet
from workbook.commands import standing_in

PLACE, NAME, IGNORED = "migrations/env.py", "BLOG_DATABASE_URL", ".gitignore"
RESTS_ON = (IGNORED,)
MAKE = """op.create_table("made", sa.Column("id", sa.Integer(), primary_key=True))"""
VARIABLE, FILE = "100%.db", "50%.db"
SERVER = "postgresql+psycopg://deploy@/blog"  # nobody connects to it
ORDER = "The variable first, then `.env`, then alembic.ini; an empty variable counts as none."
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
    with where(blog, _url(VARIABLE), None):
        arrives(blog, VARIABLE, f"With {NAME}={_url(VARIABLE)}")
    with where(blog, None, _url(FILE)):
        arrives(blog, FILE, f"With {NAME}={_url(FILE)} in `.env`")
    with where(blog, _url(VARIABLE), _url(FILE)):
        arrives(blog, VARIABLE, f"With one {NAME} in the environment and another in `.env`")
    with where(blog, "", None):
        arrives(blog, DATABASE, f"With an empty {NAME}")
    with where(blog, "", _url(FILE)):
        arrives(blog, FILE, f"With an empty {NAME} in the environment and another in `.env`")
    with where(blog, _url(VARIABLE), None):
        leaves_the_ini_alone(blog)
    with where(blog, SERVER, None):
        writes_a_script_for_it(blog)
    finds_the_file_from_elsewhere(blog)
    git_leaves_it_alone(blog.root / IGNORED)


def _url(file: str) -> str:
    return f"sqlite:///{file}"


@contextmanager
def where(blog: Blog, variable: str | None, file: str | None) -> Iterator[None]:
    """Let the environment and `.env` say these URLs for a while; each file is a copy of the blog's."""
    before, dotenv = os.environ.pop(NAME, None), blog.root / ".env"
    kept = dotenv.read_bytes() if dotenv.is_file() else None
    assert blog.last.file is not None
    for name in (VARIABLE, FILE):
        shutil.copyfile(blog.last.file, blog.root / name)
    if variable is not None:
        os.environ[NAME] = variable
    dotenv.unlink(missing_ok=True)
    if file:
        dotenv.write_text(f"{NAME}={file}\n", encoding="utf-8")
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
            why=ORDER,
        )


def leaves_the_ini_alone(blog: Blog) -> None:
    for sql in (False, True):
        _, settings = without_a_step(blog, sql=sql)
        options = settings.file_config.items(settings.config_ini_section, raw=True)
        for name, value in options:
            if VARIABLE.partition(".")[0] in value:
                raise NotYet(
                    f"With {NAME} set, env.py puts the URL into Alembic's option `{name}`; the task asks "
                    "for nothing to be put into the ini.",
                    where=PLACE,
                    why="There `%` means something else. `create_engine` and `context.configure` take the "
                    "URL as it is.",
                )


def writes_a_script_for_it(blog: Blog) -> None:
    found, _ = without_a_step(blog, sql=True)
    if found != "postgresql":
        raise NotYet(
            f"With {NAME}={SERVER}, `alembic upgrade head --sql` writes a script for {found}.",
            where=f"{PLACE}, in run_migrations_offline()",
            why="It has to ask `get_url()` too; else the script is for another database than the upgrade.",
        )


def finds_the_file_from_elsewhere(blog: Blog) -> None:
    """Where their blog can be run from another folder at all, as ours can."""
    with tempfile.TemporaryDirectory(dir=blog.root, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with where(blog, SERVER, None):
            try:
                without_a_step(blog, sql=True, folder=folder)
            except NotYet:
                return
        with where(blog, None, SERVER):
            found, _ = without_a_step(blog, sql=True, folder=folder)
    if found != "postgresql":
        raise NotYet(
            "With another folder as the working folder, `.env` beside alembic.ini is not found.",
            where=PLACE,
            why="A path as short as `.env` begins in the folder in which you stand. From another one, "
            "`alembic -c blog/alembic.ini upgrade head` goes to another database than you think.",
        )


def without_a_step(blog: Blog, *, sql: bool, folder: Path | None = None) -> tuple[str, Config]:
    """Run their env.py with nothing to do, in FOLDER: for which kind of database, and its Config then."""
    found = ""

    def no_step(_revision: Any, context: Any) -> list[Any]:
        nonlocal found
        found = context.dialect.name
        return []

    with working_in(blog.root), standing_in(folder or blog.root):
        settings = config(blog.root)
        settings.output_buffer = io.StringIO()
        script = said(blog.root, lambda: ScriptDirectory.from_config(settings))
        with EnvironmentContext(settings, script, fn=no_step, as_sql=sql):
            said(blog.root, script.run_env)
    return found, settings


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
