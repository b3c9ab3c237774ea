"""The rule of legacy_subscribers, which has no name, is gone."""

from workbook.checks.blog import Blog


def check(blog: Blog) -> None:
    blog.not_unique("legacy_subscribers", "email")
    blog.kept("legacy_subscribers", "email")
    blog.accepts(
        "INSERT INTO legacy_subscribers (email) SELECT email FROM legacy_subscribers",
        "Two subscribers with one address are still refused.",
    )
