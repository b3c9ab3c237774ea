"""Post 3 is back from a backup, and what came after the backup is still there."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet

LOST = 3
KEPT = ("title", "body", "created_at", "owner_id")  # of the lost post; the others may have changed since
OWN = ("blog.db", "own.db")
Posts = dict[int, dict[str, Any]]


def attempted(root: Path) -> bool:
    return bool(backups(root))


def check(blog: Blog) -> None:
    now = blog.own.rows.get("posts")
    if now is None:
        raise NotYet(
            "Your own database has no table `posts`.",
            where="blog.db",
            why="The backup is still there: a copy of it under the name blog.db is the way back.",
        )
    here = {
        key: {name: values[row] for name, values in now.values.items()} for row, key in enumerate(now.keys)
    }
    problems = [problem(here, backup, name) for name, backup in backups(blog.root)]
    if all(problems) and problems[0]:
        raise problems[0]


def backups(root: Path) -> list[tuple[str, Posts]]:
    """The posts of each copy of the blog as lesson 10 left it, the newest copy first."""
    paths = [path for path in root.glob("*.db") if path.name not in OWN and path.name[0] != "."]
    paths.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [(path.name, found) for path in paths if (found := posts(path))]


def posts(path: Path) -> Posts:
    """The posts in a file by their id; none when it is no such copy."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            columns = {row["name"] for row in connection.execute("PRAGMA table_info(posts)")}
            if not columns >= {"id", "subtitle", "readers"}:
                return {}
            return {row["id"]: dict(row) for row in connection.execute("SELECT * FROM posts")}
        except sqlite3.DatabaseError:
            return {}


def problem(here: Posts, backup: Posts, name: str) -> NotYet | None:
    if LOST not in backup:
        return NotYet(
            f"Post {LOST} is not in {name}.",
            where=name,
            why="A backup that was made after the accident has what was left then.",
        )
    missing = sorted(backup.keys() - here.keys())
    if missing:
        return NotYet(
            f"{len(missing)} of the posts in {name} {'is' if len(missing) == 1 else 'are'} not in your blog: "
            + ", ".join(f"{key} ({backup[key]['title']})" for key in missing)
            + ".",
            where="blog.db",
            why="ATTACH opens the backup beside your blog; one INSERT and a commit() fetch the rest.",
        )
    other = [column for column in KEPT if str(here[LOST][column]) != str(backup[LOST][column])]
    if other:
        return NotYet(
            f"Post {LOST} has another `{other[0]}` in your blog than in {name}.",
            where="blog.db",
            why="What is typed in once more is not the row that was lost.",
        )
    if all(here[key]["title"] == backup[key]["title"] for key in backup):
        return NotYet(
            f"Every post has the title that it has in {name}; one was to get another after the accident.",
            where="blog.db",
            why="If it had one: whoever puts the whole backup back loses what came after it.",
        )
    return None
