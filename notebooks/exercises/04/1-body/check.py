"""posts.content becomes posts.body, with every text."""

from workbook.checks.blog import Blog

WHY = "A rename keeps the values; to drop a column and to add another does not."


def check(blog: Blog) -> None:
    blog.column("posts", "body", family="long text", null=False)
    blog.no_column("posts", "content", why="A rename leaves one column, under the new name.")
    blog.kept("posts", "body", was=("posts", "content"), why=WHY)
    for column in ("title", "published", "created_at"):
        blog.kept("posts", column)
