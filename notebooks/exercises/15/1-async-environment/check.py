"""env.py serves a sync and an async URL, with the guard on both ways."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbook import photo
from workbook.checks.blog import Blog
from workbook.checks.trial import engine
from workbook.checks.verdict import NotYet

DRIVERS = ("sqlite", "sqlite+aiosqlite")
NAME = "BLOG_DATABASE_URL"  # of lesson 14
URL = re.compile(r"^(sqlalchemy\.url\s*=\s*)sqlite(?:\+\w+)?:", re.MULTILINE)
PLACE = "migrations/env.py"
ELSEWHERE = "elsewhere.db"
MAKE = """op.create_table("made", sa.Column("id", sa.Integer(), primary_key=True))"""
FAIL = f"""
{MAKE}
raise RuntimeError("on purpose")
"""
LOOSE_END = "op.execute('UPDATE posts SET owner_id = 999 WHERE id = (SELECT min(id) FROM posts)')"
REBUILD = """
with op.batch_alter_table("users") as batch:
    batch.add_column(sa.Column("probe", sa.Integer()))
    batch.create_check_constraint("probe", "probe > 0")
"""
REASONS = {
    "asynchronous events": "The events are those of the plain engine inside: `connectable.sync_engine`.",
    "greenlet": "A plain engine came to a driver that must be awaited: that one wants an async engine, "
    "and `run_sync`.",
    "requires an async driver": "The other way round: an async engine wants a driver that can be awaited. "
    "The URL says which one it is: `.get_dialect().is_async`.",
    "AsyncConnection": "`do_run_migrations` is a plain function and wants a plain connection: "
    "`await connection.run_sync(do_run_migrations)` gives it one.",
}


def attempted(root: Path) -> bool:
    """Whether their env.py has anything to do with async."""
    return "async" in (root / PLACE).read_text(encoding="utf-8", errors="replace")


def check(blog: Blog) -> None:
    for driver in DRIVERS:
        with url_of(blog.root, driver):
            runs(blog, f"With `{driver}:///` in alembic.ini,")
            is_guarded(blog, f"With `{driver}:///` in alembic.ini,")
            has_keys_on(blog, f"With `{driver}:///` in alembic.ini,")
    for driver, other in zip(reversed(DRIVERS), DRIVERS, strict=True):
        url = f"{driver}:///{ELSEWHERE}"
        with url_of(blog.root, other, url):
            follows_the_variable(blog, f"With {NAME}={url} and `{other}:///` in alembic.ini,")


@contextmanager
def url_of(root: Path, driver: str, variable: str = "") -> Iterator[None]:
    """Let alembic.ini name this driver for a while, and of lesson 14 only the VARIABLE, if any, say more."""
    (root / ".env").unlink(missing_ok=True)  # the project is a copy
    before = os.environ.pop(NAME, None)
    ini = root / "alembic.ini"
    text = ini.read_text(encoding="utf-8")
    changed, count = URL.subn(rf"\g<1>{driver}:", text)
    try:
        if not count:
            raise NotYet(
                "`sqlalchemy.url` in alembic.ini names no SQLite database; the task speaks of your blog.db.",
                where="alembic.ini",
            )
        ini.write_text(changed, encoding="utf-8")
        if variable:
            os.environ[NAME] = variable
        yield
    finally:
        ini.write_text(text, encoding="utf-8")
        os.environ.pop(NAME, None)
        if before is not None:
            os.environ[NAME] = before


def runs(blog: Blog, begin: str) -> None:
    after, problem = blog.probe(MAKE)
    if problem is not None:
        why = next((words for sign, words in REASONS.items() if sign in problem.what), problem.why)
        raise NotYet(f"{begin} a migration stops: {problem.what}", where=problem.where or PLACE, why=why)
    if "made" not in after.tables:
        raise NotYet(
            f"{begin} `alembic upgrade` ends without an error, and has done nothing.",
            where=PLACE,
            why="To call an async function only makes a coroutine; `asyncio.run` runs it.",
        )


def is_guarded(blog: Blog, begin: str) -> None:
    why = "Both halves of the guard of lesson 05 are needed on both ways; in one function, they stand once."
    after, _ = blog.probe(FAIL)
    if "made" in after.tables:
        raise NotYet(
            f"{begin} a revision that stops half-way leaves its first half behind: the guard is not there.",
            where=PLACE,
            why=why,
        )
    _, problem = blog.probe(LOOSE_END)
    if problem is None:
        raise NotYet(
            f"{begin} a revision may leave a post whose owner does not exist: the guard is not there.",
            where=PLACE,
            why=why,
        )
    after, problem = blog.probe(REBUILD)
    if problem is not None:
        raise NotYet(f"{begin} a copy of `users` stops: {problem.what}", where=problem.where or PLACE)
    for table in ("posts", "settings"):
        before = blog.now.rows.get(table)
        if before is not None and len(after.rows[table]) < len(before):
            raise NotYet(
                f"{begin} a copy of `users` deletes {len(before) - len(after.rows[table])} of {len(before)} "
                f"rows of `{table}`.",
                where=PLACE,
                why=why,
            )


def has_keys_on(blog: Blog, begin: str) -> None:
    if 0 in blog.foreign_keys():
        raise NotYet(
            f"{begin} foreign keys are off on the connection; the task asks for them on both ways.",
            where=PLACE,
            why="The listener goes to the plain engine; in an async one that is `connectable.sync_engine`.",
        )


def follows_the_variable(blog: Blog, begin: str) -> None:
    why = (
        "The variable goes before alembic.ini: `get_url()` says which driver it is, and the engine, on both "
        "ways, is made from the same URL."
    )
    assert blog.last.file is not None
    shutil.copyfile(blog.last.file, blog.root / ELSEWHERE)
    _, problem = blog.probe(MAKE)
    if problem is not None:
        raise NotYet(f"{begin} a migration stops: {problem.what}", where=problem.where or PLACE, why=why)
    if "made" not in photo.take(engine(blog.root, ELSEWHERE)).tables:
        raise NotYet(f"{begin} a migration does not come to {ELSEWHERE}.", where=PLACE, why=why)
