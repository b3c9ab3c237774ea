"""posts (id, title)."""

from workbook.checks.blog import Blog


def check(blog: Blog) -> None:
    blog.column("posts", "id", family="integer")
    blog.primary_key("posts", "id")
    blog.column("posts", "title", family="text", length=200, null=False)
