"""authors (id, name, email)."""

from workbook.checks.blog import Blog

ROWS = {"posts": ("title", 6), "authors": ("name", 4)}
NONE = "`rows.py` of the page puts them in. In your blog's folder, run once: pipenv run python rows.py"
TWICE = (
    "Has rows.py run twice? Put the two lines with DELETE from the page under its line `blog = ...`, "
    "and run it once more."
)


def check(blog: Blog) -> None:
    blog.primary_key("authors", "id")
    blog.column("authors", "name", family="text", length=100, null=False)
    blog.column("authors", "email", family="text", length=254, null=True)
    for table, (column, asked) in ROWS.items():
        if table == "authors" and table not in blog.own.tables:
            continue  # their database is not at this revision yet, and will be told so
        blog.count(table, at_least=asked, why=NONE)
        blog.none_twice(table, column, asked=asked, why=TWICE)
