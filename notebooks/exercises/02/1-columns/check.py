"""posts.content NOT NULL, posts.published NOT NULL and false, authors.phone_number."""

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet


def check(blog: Blog) -> None:
    blog.column("posts", "content", family="long text", null=False)
    blog.column("posts", "published", family="boolean", null=False)
    blog.column("authors", "phone_number", family="text", null=True)
    blog.kept("posts", "title")
    blog.kept("authors", "name")
    published_are_no_more_than_before(blog)
    blog.accepts(
        "INSERT INTO posts (title, content) VALUES ('A test', 'Hello')",
        "A post that says nothing about `published` is refused; the task asks for false.",
    )
    [(published,)] = blog.ask(
        "INSERT INTO posts (title, content) VALUES ('A test', 'Hello')",
        "SELECT published FROM posts ORDER BY id DESC LIMIT 1",
    )
    if published:
        raise NotYet("A post that says nothing about `published` is published; the task asks for false.")


def published_are_no_more_than_before(blog: Blog) -> None:
    for step in blog.steps:
        if step.after is None or "published" in step.before.rows["posts"].values:
            continue
        found = step.after.rows["posts"].values.get("published", ())
        if any(found):
            raise NotYet(
                f"{sum(map(bool, found))} of the {len(found)} posts that were there "
                "are published by the upgrade; the task asks for false.",
                where=step.path,
            )
