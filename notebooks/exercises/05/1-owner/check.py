"""The guard, and posts.owner_id: a named key to users, ON DELETE CASCADE, both ends of the relationship."""

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet

REBUILD = """
with op.batch_alter_table("users") as batch:
    batch.alter_column("name", type_=sa.String(120), existing_type=sa.String(100), existing_nullable=False)
"""
FAIL = """
op.create_table("left_behind", sa.Column("id", sa.Integer(), primary_key=True))
raise RuntimeError("on purpose")
"""
LOOSE_END = "op.execute('UPDATE posts SET owner_id = 999 WHERE id = 1')"


def check(blog: Blog) -> None:
    blog.column("posts", "owner_id", family="integer", null=True)
    blog.foreign_key("posts", "owner_id", "users", on_delete="CASCADE")
    for column in ("title", "body", "published", "created_at"):
        blog.kept("posts", column)
    guarded(blog)
    keys_are_on(blog)
    related(blog)


def guarded(blog: Blog) -> None:
    posts = len(blog.now.rows["posts"])
    after, _ = blog.probe(REBUILD)
    left = len(after.rows["posts"])
    if left < posts:
        raise NotYet(
            f"A rebuild of `users` deletes {posts - left} of {posts} posts.",
            where="migrations/env.py",
            why="Foreign keys are on while the table is copied, and its old copy is dropped. "
            "The guard of lesson 05 stops that.",
        )
    after, _ = blog.probe(FAIL)
    if "left_behind" in after.tables:
        raise NotYet(
            "A revision that stops half-way leaves its first half behind: the guard is not installed.",
            where="migrations/env.py",
            why="Both halves are needed, `**sqlite_safety.OPTIONS` and `with sqlite_safety.guard(...)`.",
        )
    _, problem = blog.probe(LOOSE_END)
    if problem is None:
        raise NotYet(
            "A revision may leave a post whose owner does not exist: the guard is only half installed.",
            where="migrations/env.py",
            why="Both halves are needed, `**sqlite_safety.OPTIONS` and `with sqlite_safety.guard(...)`.",
        )


def keys_are_on(blog: Blog) -> None:
    if blog.trial.environment:
        return  # it fails as it stands, which is told for itself
    if "async" in blog.text_of("migrations/env.py"):
        return  # by then there are two ways, and lesson 15 asks for keys on both
    if 0 in blog.foreign_keys():
        raise NotYet(
            "Foreign keys are off on the connection that env.py opens; the task asks for them on.",
            where="migrations/env.py",
            why="A listener for `connect`, before `with connectable.connect()`, says PRAGMA foreign_keys=ON.",
        )


def related(blog: Blog) -> None:
    def both_ends(models: object) -> bool:
        post = models.Post(owner=models.User())  # type: ignore[attr-defined]
        return post.owner.posts == [post]

    if not blog.models_or(True, both_ends):
        raise NotYet(
            "`Post.owner` and `User.posts` do not know each other.",
            where="models.py",
            why="Each relationship names the other in `back_populates`.",
        )
