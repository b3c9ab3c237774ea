"""users.address_id, with the key address_users_fk, ON DELETE CASCADE."""

from workbook.checks.blog import Blog


def check(blog: Blog) -> None:
    blog.column("users", "address_id", family="integer", null=True)
    blog.foreign_key("users", "address_id", "address", on_delete="CASCADE", name="address_users_fk")
    for column in ("name", "email", "phone_number"):
        blog.kept("users", column)
    blog.kept("posts", "owner_id", why="A rebuild of a parent must leave its children alone.")
