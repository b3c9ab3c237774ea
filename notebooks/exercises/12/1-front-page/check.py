"""A partial index that the query of the front page really uses."""

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet
from workbook.plans import steady

NAME = "ix_posts_front_page"
QUERY = "SELECT id, title FROM posts WHERE published IS 1 ORDER BY created_at DESC, id DESC LIMIT 10"


def check(blog: Blog) -> None:
    words = blog.index("posts", NAME)
    if not is_partial(words):
        raise NotYet(
            f"{NAME} holds every post; the task asks for those that are published.",
            where=blog.last.path,
            why="A partial index is smaller, and a write touches it only when it has to: `sqlite_where=`.",
        )
    used(blog, words)
    for column in ("title", "body", "published", "created_at"):
        blog.kept("posts", column)
    in_the_class(blog, words)


def is_partial(words: str) -> bool:
    return " WHERE " in words.upper()


def used(blog: Blog, words: str) -> None:
    plan = [steady(row[3]) for row in blog.ask(f"EXPLAIN QUERY PLAN {QUERY}")]
    if not any(NAME in line for line in plan):
        raise NotYet(
            f"The query of the front page does not use {NAME}: {'; '.join(plan)}.",
            where=blog.last.path,
            why=f"The index is {words}. SQLite takes it when its WHERE stands in the query word for word, "
            "and its columns are in the order of the query.",
        )
    if any("TEMP B-TREE" in line for line in plan):
        raise NotYet(
            f"The query finds its posts by {NAME}, and sorts them after all: {'; '.join(plan)}.",
            where=blog.last.path,
            why="An index whose columns are the ORDER BY gives ten posts in their order, and that is all.",
        )


def in_the_class(blog: Blog, words: str) -> None:
    made = blog.made_by_the_models()
    for index in made.tables["posts"].indexes if "posts" in made.tables else ():
        if index.name == NAME and not is_partial(index.words):
            raise NotYet(
                f"In the class, {NAME} is {index.words}; in the database it is {words}.",
                where="models.py",
                why="`alembic check` does not compare the WHERE of an index, so it is easily forgotten.",
            )
