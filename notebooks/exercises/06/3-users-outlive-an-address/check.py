"""address_users_fk: SET NULL instead of CASCADE."""

from workbook.checks.blog import Blog


def check(blog: Blog) -> None:
    keys = [key for key in blog.table("users").foreign_keys if key.columns == ("address_id",)]
    if len(keys) > 1:
        from workbook.checks.verdict import NotYet

        raise NotYet(
            f"`users.address_id` has {len(keys)} foreign keys: the old one is still there.",
            where=blog.last.path,
            why="A rule cannot be edited: drop it, and make it again under the same name.",
        )
    blog.foreign_key(
        "users", "address_id", "address", on_delete="SET NULL", name="address_users_fk",
        why="Whoever deletes an address should neither be stopped nor delete the people who live there.",
    )
    for column in ("name", "email", "address_id"):
        blog.kept("users", column)
    blog.kept("posts", "owner_id", why="A rebuild of a parent must leave its children alone.")
