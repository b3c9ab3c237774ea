"""posts.created_at NOT NULL, default now."""

import re

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet


def check(blog: Blog) -> None:
    added = blog.column("posts", "created_at", family="moment", null=False)
    for column in ("title", "content", "published"):
        blog.kept("posts", column)
    insert = "INSERT INTO posts (title, content) VALUES ('A test', 'Hello')"
    blog.accepts(
        insert, "A post that says nothing about `created_at` is refused; the task asks for the default now."
    )
    [(written, is_now)] = blog.ask(
        insert,
        "SELECT created_at, created_at LIKE '____-__-__%' AND datetime(created_at) "
        "BETWEEN datetime('now', '-1 day') AND datetime('now', '+1 day') "
        "FROM posts ORDER BY id DESC LIMIT 1",
    )
    a_text = re.fullmatch("'[^']*'", added.default or "")  # perhaps of the moment at which this ran
    if not is_now or a_text:
        raise NotYet(
            f"A new post is given the time {written!r}; the task asks for the present moment.",
            why="A default in quotation marks is a text, which the database stores as it stands.",
        )
