"""settings, one to one with users, by a mixin; and the index that somebody made by night stays."""

import re
from typing import Any

from workbook.checks.blog import Blog
from workbook.checks.rerun import rerun, sql_for_postgresql
from workbook.checks.verdict import NotYet

INDEX = "ix_posts_created_at"
BY_NIGHT = f"CREATE INDEX {INDEX} ON posts (created_at)"
WHY = "Somebody needed it in the night. Say it in the class `Post`, and Alembic leaves it alone."


def look_first(blog: Blog) -> None:
    """A new database lacks the index, so a revision that drops it stops there. That is not the point."""
    for step in blog.steps:
        if step.wrong_up and f"no such index: {INDEX}" in step.wrong_up.what:
            raise dropped(step.path)


def check(blog: Blog) -> None:
    blog.primary_key("settings", "id")
    blog.column("settings", "user_id", family="integer")
    blog.column("settings", "newsletter", family="boolean", null=False)
    blog.column("settings", "theme", family="text", null=False, length=20)
    blog.column("settings", "signature", family="long text", null=True)
    blog.foreign_key(
        "settings",
        "user_id",
        "users",
        on_delete="CASCADE",
        why="Settings of nobody are of no use: they go with their user.",
    )
    blog.unique("settings", "user_id")
    defaults(blog)
    for step in blog.steps:
        everybodys_words(blog, step.path, sql_for_postgresql(blog, step))
    the_night_stays(blog)
    problem = blog.models_or(None, of_the_models)
    if problem:
        raise NotYet(problem[0], where="models.py", why=problem[1])


def dropped(path: str) -> NotYet:
    return NotYet(
        f"The upgrade drops the index {INDEX} of `posts`; the task asks for it to stay.", where=path, why=WHY
    )


def defaults(blog: Blog) -> None:
    blog.accepts(
        "INSERT INTO settings (user_id) SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM "
        "settings) LIMIT 1",
        "Settings of which only the user is given are refused; the others have defaults.",
    )
    rows = blog.ask(
        "DELETE FROM settings",
        "INSERT INTO settings (user_id) SELECT min(id) FROM users",
        "SELECT newsletter, theme, signature FROM settings",
    )
    if rows != [(0, "light", None)]:
        raise NotYet(
            f"Settings of which only the user is given are {rows[0]}; the task asks for (0, 'light', None).",
            where=blog.last.path,
            why="`server_default` is what the database fills in.",
        )


def everybodys_words(blog: Blog, path: str, sql: str) -> None:
    found = re.search(r"newsletter BOOLEAN.*DEFAULT '?\(?'?([01])\b", sql)
    if found:
        raise NotYet(
            f"The default of `settings.newsletter` is {found[1]}, which is SQLite's word for "
            f"{'false' if found[1] == '0' else 'true'}; the task asks for `sa.false()`.",
            where=f"{path}, in upgrade()",
            why="PostgreSQL refuses a number as the default of a Boolean. `sa.false()` is written as "
            "each database wants it.",
        )


def the_night_stays(blog: Blog) -> None:
    found = rerun(
        blog, [f"{BY_NIGHT.replace('INDEX', 'INDEX IF NOT EXISTS', 1)}"], with_whom=f"the index {INDEX}"
    )
    for photo, path in ((found.up, blog.last.path), (found.down, f"{blog.last.path}, in downgrade()")):
        if INDEX not in {index.name for index in photo.tables["posts"].indexes}:
            raise (
                dropped(path)
                if photo is found.up
                else NotYet(
                    f"The downgrade drops the index {INDEX} of `posts`, which was there before the upgrade.",
                    where=path,
                    why=WHY,
                )
            )
    own = blog.own.tables.get("posts")
    if blog.end == len(blog.trial.steps) and own and INDEX not in {index.name for index in own.indexes}:
        raise NotYet(
            f"Your own database has no index {INDEX} on `posts`; the task asks for it to stay.",
            why="`night.py` of the page makes it. If a revision has dropped it, go down, correct the "
            "revision, and go up.",
        )


def of_the_models(models: Any) -> tuple[str, str] | None:
    mixin = getattr(models, "BelongsToOneUser", None)
    if mixin is None:
        return "There is no class `BelongsToOneUser`; the task asks for a mixin of that name.", ""
    if hasattr(mixin, "__table__") or hasattr(mixin, "__tablename__"):
        return (
            "`BelongsToOneUser` has a table of its own.",
            "A mixin is a class without a table, and does not inherit from Base.",
        )
    mapped = [found.class_ for found in models.Base.registry.mappers if found.local_table.name == "settings"]
    if not mapped:
        return "No class has the table `settings`.", "`alembic check` would propose to drop it."
    if not issubclass(mapped[0], mixin):
        return (
            f"`{mapped[0].__name__}` does not inherit from `BelongsToOneUser`.",
            "The next table that belongs to one user gets both by one word.",
        )
    return one_to_one(models.User(), mapped[0])


def one_to_one(user: Any, settings: Any) -> tuple[str, str] | None:
    if not hasattr(user, "settings"):
        return (
            "`User` has no `settings`.",
            "Both ends of a relationship are written down, each names the other in `back_populates`.",
        )
    if isinstance(user.settings, list):
        return (
            "`User.settings` is a list; the task asks for one or none.",
            '`Mapped["Settings | None"]` says so: a list of at most one has no `theme`.',
        )
    given = settings(user=user)
    if user.settings is not given:
        return (
            "`Settings.user` and `User.settings` do not know each other.",
            "Each relationship names the other in `back_populates`.",
        )
    return None
