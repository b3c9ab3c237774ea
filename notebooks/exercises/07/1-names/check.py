"""users.first_name and users.last_name, filled for every row, and put together again on the way down."""

import ast
from typing import Any

from workbook.checks.blog import Blog
from workbook.checks.rerun import rerun
from workbook.checks.verdict import NotYet
from workbook.photo import Photo

ROWS = [
    "UPDATE users SET name = 'Ben' WHERE id = 2",
    "UPDATE users SET name = 'Cem Yılmaz' WHERE id = 3",
    "INSERT INTO users (id, name) VALUES (101, 'Eva Maria Blum'), (102, 'Finn')",
]
MEANWHILE = [
    "UPDATE users SET last_name = 'Demir' WHERE id = 3",
    "UPDATE users SET last_name = 'Olsen' WHERE id = 102",
]
CHANGED = {3: "Cem Demir", 102: "Finn Olsen"}


def check(blog: Blog) -> None:
    for column in ("first_name", "last_name"):
        blog.column("users", column, family="text", null=True, length=100)
    blog.column("users", "name", family="text", null=False)
    imports_no_models(blog)
    for column in ("name", "email", "address_id"):
        blog.kept("users", column)
    blog.kept("posts", "owner_id", why="A rebuild of a parent must leave its children alone.")
    found = rerun(blog, ROWS, MEANWHILE, with_whom="a user called 'Ben'")
    split_for_every_row(blog, found.before, found.up)
    joined_for_every_row(blog, found.before, found.down)


def imports_no_models(blog: Blog) -> None:
    for step in blog.steps:
        for node in ast.walk(ast.parse(blog.text_of(step.path))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if any(name.split(".")[0] == "models" for name in names):
                raise NotYet(
                    "The revision imports your models; the task asks for tables of its own.",
                    where=f"{step.path}, line {node.lineno}",  # type: ignore[attr-defined]
                    why="Add a column to the class, and this revision asks for it in a database that does not have it yet.",
                )


def split_for_every_row(blog: Blog, before: Photo, up: Photo) -> None:
    names = by_key(before, "name")
    first, last = by_key(up, "first_name"), by_key(up, "last_name")
    found = {key: (first.get(key), last.get(key)) for key in names}
    filled = {pair for pair in found.values() if pair != (None, None)}
    if not filled:
        raise NotYet(
            f"{len(found)} of {len(found)} users have neither a first nor a last name after the upgrade.",
            where=blog.last.path,
            why="The columns are there; a second revision fills them.",
        )
    if len(filled) == 1 and len(found) > 1:
        raise NotYet(
            f"After the upgrade, {sum(pair in filled for pair in found.values())} of {len(found)} users are called {in_words(filled.pop())}.",
            where=blog.last.path,
            why="An UPDATE without a WHERE changes every row of the table, each time.",
        )
    for key, pair in found.items():
        if pair != split(names[key]):
            raise NotYet(
                f"'{names[key]}' becomes {in_words(pair)}; the task asks for {in_words(split(names[key]))}.",
                where=blog.last.path,
                why="An empty text is not NULL: put together again, it gives a name that ends or begins with a space."
                if "" in pair
                else "The last word is the last name, and everything before it is the first name; one word is a first name.",
            )


def joined_for_every_row(blog: Blog, before: Photo, down: Photo) -> None:
    expected = by_key(before, "name") | CHANGED
    now = by_key(down, "name")
    for key, name in expected.items():
        if now.get(key) == name:
            continue
        if key in CHANGED:
            raise NotYet(
                f"User {key} was given another last name after the upgrade, and is {name} now. After the downgrade, "
                f"`name` says '{now.get(key)}'.",
                where=f"{blog.last.path}, in downgrade()",
                why="While both stand side by side, names are changed in the new columns; the way back takes them from there.",
            )
        raise NotYet(
            f"'{name}' is called '{now.get(key)}' after an upgrade and a downgrade.",
            where=f"{blog.last.path}, in downgrade()",
            why="One space stands between two names, and none behind the only one.",
        )


def split(name: str) -> tuple[str | None, str | None]:
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, None)


def by_key(photo: Photo, column: str) -> dict[Any, Any]:
    rows = photo.rows["users"]
    return dict(zip(rows.keys, rows.values[column], strict=True))


def in_words(pair: tuple[Any, Any]) -> str:
    return " and ".join("NULL" if part is None else f"'{part}'" for part in pair)
