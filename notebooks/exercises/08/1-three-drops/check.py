"""To come."""

from workbook.checks.blog import Blog


def check(blog: Blog) -> None:
    blog.table("users")
