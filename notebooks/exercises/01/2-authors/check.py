"""authors (id, name, email)."""

from workbook.checks.blog import Blog


def check(blog: Blog) -> None:
    blog.primary_key("authors", "id")
    blog.column("authors", "name", family="text", length=100, null=False)
    blog.column("authors", "email", family="text", length=254, null=True)
    blog.count(
        "posts",
        at_least=6,
        why="`rows.py` of the page puts them in. In your blog's folder, run once: pipenv run python rows.py",
    )
