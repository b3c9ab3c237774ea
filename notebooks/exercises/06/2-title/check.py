"""A CHECK with the name ck_posts_title_not_empty."""

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet

NAME = "ck_posts_title_not_empty"


def check(blog: Blog) -> None:
    blog.refuses(
        "INSERT INTO posts (title, body) VALUES ('', 'Hello')",
        "A post with an empty title is let in; the task asks for a CHECK that refuses it.",
    )
    blog.accepts(
        "INSERT INTO posts (title, body) VALUES ('A test', 'Hello')", "A post with a title is refused."
    )
    names = [rule.name for rule in blog.table("posts").rules if rule.kind == "CHECK"]
    if NAME not in names:
        there = ", ".join(name or "without a name" for name in names) or "no CHECK"
        raise NotYet(
            f"`posts` has {there}; the task asks for {NAME}.",
            why="`op.f` keeps the convention from putting `ck_posts_` in front of a name that has it already."
            if any(name and name.startswith("ck_posts_ck_") for name in names)
            else "What has no name cannot be dropped or changed later.",
        )
    blog.kept("posts", "title")
    blog.kept("posts", "body")
