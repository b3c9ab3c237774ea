"""authors becomes users, with every row."""

from workbook.checks.blog import Blog

WHY = "A rename keeps the rows; to drop a table and to create another does not."
COLUMNS = ("name", "email", "phone_number")


def check(blog: Blog) -> None:
    blog.table("users")
    blog.no_table("authors", why="A rename leaves one table, under the new name.")
    for column in COLUMNS:
        blog.column("users", column)
        blog.kept("users", column, was=("authors", column), why=WHY)
