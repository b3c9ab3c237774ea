"""What is wrong with the URL in a blog's alembic.ini, said without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbook.checks import address


def wrong(url: str, folder: Path) -> str:
    found = address.wrong(f"[alembic]\nsqlalchemy.url = {url.replace('HOME', folder.as_posix())}\n", folder)
    return f"{found.what} {found.why}" if found else ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "The URL of the database is missing."),
        ("driver://user:pass@localhost/dbname", "is still the one that `alembic init` wrote"),
        ("sqlite:///blog.db", "depends on the folder in which you stand"),
        ("sqlite:///%(here)s/bolg.db", "means bolg.db, and your blog is blog.db, beside alembic.ini"),
        ("sqlite:///%(here)s/../blog.db", "means ../blog.db, and"),
        ("sqlite:////nowhere/blog.db", "and your blog is blog.db, beside alembic.ini"),
        ("sqlite://%(here)s/blog.db", "The URL has 2 slashes behind `sqlite:`"),
        ("sqlite:/blog.db", "1 slash behind `sqlite:`"),
        ("sqlite:///%(her)s/blog.db", "The URL has %(her)s in it, and alembic.ini has nothing of that name."),
        ("sqlite:///%(here)s/100%.db", "A % of its own is written %%"),
        ('"sqlite:///%(here)s/blog.db"', "in quotes"),
        ("blog.db", "The URL is none"),
        ("postgres://me@localhost/blog", "PostgreSQL is `postgresql` there."),
        ("sqlit:///%(here)s/blog.db", "begins with `sqlit`, and SQLAlchemy knows no such database."),
        ("sqlite:///:memory:", "in memory, which is gone"),
    ],
)
def test_a_url_that_does_not_lead_to_the_blog_is_named(url: str, words: str, tmp_path: Path) -> None:
    assert words in wrong(url, tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///%(here)s/blog.db",
        "sqlite+pysqlite:///%(here)s/blog.db?timeout=5",
        "sqlite+aiosqlite:///%(here)s/blog.db",
        "sqlite:///%(here)s/migrations/../blog.db",
        "sqlite:///HOME/blog.db",
        "postgresql+psycopg://me:pass%%40word@localhost/blog",
    ],
)
def test_a_url_that_leads_there_or_to_a_server_is_right(url: str, tmp_path: Path) -> None:
    assert wrong(url, tmp_path) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///%(here)s/blog.db", ""),
        ("postgresql+psycopg://me:%40@host/blog", "a postgresql+psycopg server;"),
    ],
)
def test_a_server_is_no_file(url: str, words: str) -> None:
    found = address.of_a_server(f"[alembic]\nsqlalchemy.url = {url}\n")
    assert words in (found.what if found else "")
    assert bool(found) == bool(words)
