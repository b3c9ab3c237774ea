"""users.first_name and users.last_name, filled for every row, and put together again on the way down."""

import ast
from typing import Any

from workbook.checks.blog import Blog
from workbook.checks.rerun import rerun
from workbook.checks.verdict import NotYet
from workbook.photo import Photo

ROWS = [
    "UPDATE users SET name = 'Ben' WHERE id = 2",
    "UPDATE users SET name = 'Cem Aksoy' WHERE id = 3",
    "INSERT INTO users (id, name) VALUES (101, 'Eva Maria Blum'), (102, 'Finn')",
]
MEANWHILE = [
    "UPDATE users SET last_name = 'Demir' WHERE id = 3",
    "UPDATE users SET first_name = 'Benno' WHERE id = 2",
    "UPDATE users SET first_name = NULL, last_name = NULL WHERE id = 101",
]
CHANGED = {3: "Cem Demir", 2: "Benno"}
EMPTY = "An empty text is not NULL: put together again, it gives a name that ends or begins with a space."
RULE = "The last word is the last name, and everything before it is the first name; one word is a first name."


def check(blog: Blog) -> None:
    for column in ("first_name", "last_name"):
        blog.column("users", column, family="text", null=True, length=100)
    blog.column("users", "name", family="text", null=False)
    imports_no_models(blog)
    for column in ("name", "email", "address_id"):
        blog.kept("users", column)
    blog.kept("posts", "owner_id", why="A rebuild of a parent must leave its children alone.")
    found = rerun(blog, ROWS, MEANWHILE, with_whom="a user of one name, and a row that a program wrote anew")
    split_for_every_row(blog, found.before, found.up)
    joined_for_every_row(blog, found.before, found.down)


def imports_no_models(blog: Blog) -> None:
    for step in blog.steps:
        for node in ast.walk(ast.parse(blog.text_of(step.path))):
            if any(name.split(".")[0] == "models" for name in imported(node)):
                raise NotYet(
                    "The revision imports your models; the task asks for tables of its own.",
                    where=f"{step.path}, line {node.lineno}",  # type: ignore[attr-defined]
                    why="Add a column to the class, and this revision asks for it "
                    "in a database that does not have it yet.",
                )


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
        return [
            each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
    return []


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
    if len(filled) == 1:
        count = sum(pair in filled for pair in found.values())
        raise NotYet(
            f"After the upgrade, {count} of {len(found)} users are called {in_words(filled.pop())}.",
            where=blog.last.path,
            why="An UPDATE without a WHERE changes every row of the table, each time.",
        )
    for key, pair in found.items():
        asked = split(names[key])
        if pair != asked:
            raise NotYet(
                f"'{names[key]}' becomes {in_words(pair)}; the task asks for {in_words(asked)}.",
                where=blog.last.path,
                why=EMPTY if "" in pair else RULE,
            )


def joined_for_every_row(blog: Blog, before: Photo, down: Photo) -> None:
    names, now = by_key(before, "name"), by_key(down, "name")
    where = f"{blog.last.path}, in downgrade()"
    for key, name in (names | CHANGED).items():
        if now.get(key) == name:
            continue
        if key in CHANGED and now.get(key) == names[key]:
            raise NotYet(
                f"Somebody changed the new columns of user {key} after the upgrade, to {name}. "
                f"After the downgrade, `name` says '{now.get(key)}'.",
                where=where,
                why="While both stand side by side, names are changed in the new columns; "
                "the way back takes them from there.",
            )
        if key == 101:
            raise NotYet(
                f"A program that knows only `name` wrote a row anew, '{name}', without a first name. "
                f"After the downgrade, `name` says '{now.get(key)}'.",
                where=where,
                why="A row without a first name keeps the `name` that it has.",
            )
        raise NotYet(
            f"'{name}' is called '{now.get(key)}' after an upgrade and a downgrade.",
            where=where,
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
