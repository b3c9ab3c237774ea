"""address_users_fk: SET NULL instead of CASCADE."""

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet

ONE_RULE = "A rule cannot be edited: it is dropped, and made again under the same name."


def look_first(blog: Blog) -> None:
    if not blog.last.ready or "users" not in blog.now.tables:
        return
    keys = [key for key in blog.table("users").foreign_keys if key.columns == ("address_id",)]
    if not keys:
        raise NotYet(
            "`users.address_id` has no foreign key any more; the task asks for one with ON DELETE SET NULL.",
            where=blog.last.path,
            why=ONE_RULE,
        )


def check(blog: Blog) -> None:
    blog.foreign_key(
        "users",
        "address_id",
        "address",
        on_delete="SET NULL",
        name="address_users_fk",
        why="Whoever deletes an address should neither be stopped nor delete the people who live there.",
    )
    for column in ("name", "email", "address_id"):
        blog.kept("users", column)
    blog.kept("posts", "owner_id", why="A rebuild of a parent must leave its children alone.")
