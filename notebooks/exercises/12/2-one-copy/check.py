"""summary, String(300) and a CHECK, for one copy of the table each way."""

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet

CHECK = "ck_posts_readers_not_negative"


def look_first(blog: Blog) -> None:
    """What the table had, it has: said of the upgrade, which lost it, not of the downgrade that misses it."""
    before, now = blog.before.tables["posts"], blog.now.tables.get("posts")
    if now is None:
        return
    rules = {(rule.kind, rule.words) for rule in now.rules}
    lost = [f"{rule.title} {rule.words}" for rule in before.rules if (rule.kind, rule.words) not in rules]
    lost += [f"index {index.name}" for index in before.indexes if index not in now.indexes]
    if lost:
        raise NotYet(
            f"The upgrade loses a part of `posts`: {lost[0]}.",
            where=f"{blog.last.path}, in upgrade()",
            why="Whoever copies a table by hand writes down all that it had; batch mode does that by itself.",
        )


def check(blog: Blog) -> None:
    blog.column("posts", "summary", family="text", null=True)
    blog.kept(
        "posts",
        "summary",
        was=("posts", "subtitle"),
        why="A new name keeps the values; drop and add does not.",
    )
    blog.no_column(
        "posts", "subtitle", why="It gets another name; two columns for one thing soon say two things."
    )
    blog.column("posts", "title", family="text", null=False, length=300)
    for column in ("title", "body", "published", "created_at", "owner_id", "readers"):
        blog.kept("posts", column)
    not_negative(blog)
    one_copy(blog, "upgrade", blog.copies("posts"))
    one_copy(blog, "downgrade", blog.copies("posts", down=True))


def not_negative(blog: Blog) -> None:
    checks = {rule.name: rule.words for rule in blog.table("posts").rules if rule.kind == "CHECK"}
    if CHECK not in checks:
        named = ", ".join(name or "one without a name" for name in checks) or "none"
        raise NotYet(
            f"`posts` has no CHECK called {CHECK}; the task asks for one. There is {named}.",
            where=blog.last.path,
            why="The convention puts ck_posts_ in front of a name, unless it stands in op.f().",
        )
    blog.refuses(
        "UPDATE posts SET readers = -1",
        f"A post may have -1 readers: {CHECK} says {checks[CHECK]}.",
        why="The task asks that `readers` may not be negative.",
    )
    blog.accepts(
        "UPDATE posts SET readers = 0", f"A post may not have 0 readers: {CHECK} says {checks[CHECK]}."
    )


def one_copy(blog: Blog, way: str, copies: int) -> None:
    if copies > 1:
        raise NotYet(
            f"The {way} copies `posts` {copies} times; the task asks for once.",
            where=f"{blog.last.path}, in {way}()",
            why="Each block in batch mode is a copy of the whole table; one is enough for what needs one.",
        )
