"""users.name, address.address2 and legacy_subscribers go, and each downgrade brings back what it can."""

import re
from typing import Any

from workbook.checks.blog import Blog
from workbook.checks.rerun import Rerun, rerun
from workbook.checks.verdict import NotYet
from workbook.photo import Photo

MAY_LOSE = {"legacy_subscribers": "the task asks for it to go"}
SECOND_LINES, ADDRESSES, SUBSCRIBERS = 3, 4, 7
ROWS = [
    "UPDATE users SET name = 'Ana Costa', first_name = NULL, last_name = NULL WHERE id = 1",
    "UPDATE users SET name = 'Ben', first_name = 'Benjamin', last_name = NULL WHERE id = 2",
    "UPDATE users SET name = 'Cem Aksoy', first_name = 'Cem', last_name = 'Demir' WHERE id = 3",
    "INSERT INTO users (id, name, first_name, last_name) "
    "VALUES (101, 'Eva Maria Blum', NULL, NULL), (102, 'Finn', NULL, NULL)",
    "DELETE FROM address",
    "INSERT INTO address (id, address1, address2, city, country, postalcode) "
    "VALUES (1, 'Mill Lane 7', 'Flat 3', 'Hull', 'UK', 'HU1 1AA'), "
    "(2, 'Mill Lane 7', 'Flat 5', 'Hull', 'UK', 'HU1 1AA'), "
    "(3, 'Rua do Sol 12', NULL, 'Porto', 'Portugal', '4000-001'), "
    "(4, 'Rua do Sol 12', 'left', 'Porto', 'Portugal', '4000-001')",
    "DELETE FROM legacy_subscribers",
    *(
        f"INSERT INTO legacy_subscribers (email) VALUES ('reader{number}@example.org')"
        for number in range(SUBSCRIBERS)
    ),
]
NAMES = {
    1: ("Ana", "Costa"),
    2: ("Benjamin", None),
    3: ("Cem", "Demir"),
    101: ("Eva Maria", "Blum"),
    102: ("Finn", None),
}


def check(blog: Blog) -> None:
    blog.no_column("users", "name", why="First and last name have taken its place.")
    for column in ("first_name", "last_name", "email", "address_id"):
        blog.column("users", column)
        blog.kept("users", column)
    blog.kept("posts", "owner_id", why="A rebuild of a parent must leave its children alone.")
    found = rerun(blog, ROWS, with_whom="a user of one name, and one whom an old program has written since")
    nobody_loses_a_name(blog, found)
    blog.no_column("address", "address2")
    for column in ("address1", "city", "country", "postalcode"):
        blog.kept("address", column)
    blog.no_table("legacy_subscribers")
    if not comes_back_whole(found, "address", "address2"):
        lines = f"{SECOND_LINES} second lines (of {ADDRESSES} addresses)"
        says_how_many(found.log, SECOND_LINES, lines, path_of(blog, "address", "address2"))
    if not comes_back_whole(found, "legacy_subscribers", "email"):
        readers = f"{SUBSCRIBERS} subscribers"
        says_how_many(found.log, SUBSCRIBERS, readers, path_of(blog, "legacy_subscribers"))
    comes_back_empty(blog, found, "address", "address2")
    comes_back_empty(blog, found, "legacy_subscribers", "email")


def nobody_loses_a_name(blog: Blog, found: Rerun) -> None:
    first, last = by_key(found.up, "first_name"), by_key(found.up, "last_name")
    old, back = by_key(found.before, "name"), by_key(found.down, "name")
    for key, names in NAMES.items():
        got = (first.get(key), last.get(key))
        if got == (None, None):
            raise NotYet(
                f"An old program has written '{old[key]}' since lesson 07, only in `name`. After the "
                "upgrade, that user has no name at all.",
                where=path_of(blog, "users", "name"),
                why="First what came since is split, then the column goes: both in one `upgrade()`.",
            )
        if got != names:
            raise NotYet(
                f"User {key} is {in_words(got)} after the upgrade; the task asks for {in_words(names)}.",
                where=path_of(blog, "users", "name"),
                why="Whoever has a first name keeps both; the others get them by the rule of lesson 07.",
            )
    for key, names in NAMES.items():
        name = " ".join(filter(None, names))
        if back.get(key) != name:
            raise NotYet(
                f"After the downgrade, `users.name` of {in_words(names)} is '{back.get(key)}'; it should "
                f"be '{name}'.",
                where=f"{path_of(blog, 'users', 'name')}, in downgrade()",
                why="The names are all there, in the other two columns: this downgrade has no reason to "
                "lose one.",
            )


def says_how_many(log: list[str], number: int, what: str, where: str) -> None:
    if any(re.search(rf"\b{number}\b", line) for line in log):
        return
    raise NotYet(
        f"The upgrade took away {what}; the task asks for a warning with the {number} in it. "
        + (f"It says: {'; '.join(log)}." if log else "It warns of nothing."),
        where=f"{where}, in upgrade()",
        why='A warning goes to logging.getLogger("alembic.runtime.migration"), and counts what will be lost.',
    )


def comes_back_whole(found: Rerun, table: str, column: str) -> bool:
    """Somebody may keep the values elsewhere, as 0013 does; then there is nothing to warn of."""
    return found.down.rows[table].values[column] == found.before.rows[table].values[column]


def comes_back_empty(blog: Blog, found: Rerun, table: str, column: str) -> None:
    now = found.down.rows[table].values[column]
    if any(value is not None for value in now) and not comes_back_whole(found, table, column):
        one = next(value for value in now if value is not None)
        raise NotYet(
            f"After the downgrade, `{table}.{column}` holds '{one}', which was never there.",
            where=f"{path_of(blog, table, column if table == 'address' else '')}, in downgrade()",
            why="What is gone is gone; a value that was made up looks like a true one.",
        )


def path_of(blog: Blog, table: str, column: str = "") -> str:
    """The revision that took the column or the table away."""
    for step in blog.steps:
        assert step.after is not None
        if there(step.before, table, column) and not there(step.after, table, column):
            return step.path
    return blog.last.path


def there(photo: Photo, table: str, column: str) -> bool:
    return table in photo.tables and (
        not column or column in {found.name for found in photo.tables[table].columns}
    )


def by_key(photo: Photo, column: str) -> dict[Any, Any]:
    rows = photo.rows["users"]
    return dict(zip(rows.keys, rows.values[column], strict=True))


def in_words(pair: tuple[Any, Any]) -> str:
    return " and ".join("NULL" if part is None else f"'{part}'" for part in pair)
