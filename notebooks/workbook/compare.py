"""%compare: whether two databases have the same schema, be they files or on a server.

The same means: tables, columns (kind of type, NULL or not, default or not), and names and rules of primary
keys, foreign keys, UNIQUE, CHECK and indexes. The order of columns, the text of the SQL and the name of a
primary key do not count. Two databases of one kind are held to the same types and the same words of an
index; of two kinds each has words of its own, so types are compared by kind. What a CHECK says is compared
by what it lets in.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from workbook import commands, stage
from workbook.html import Card, Cell, Row, card, note, sentence, table, text_table
from workbook.photo import Column, Photo, Rule, Table, take
from workbook.stage import Problem

KINDS = {
    "VARCHAR": "text", "TEXT": "text", "TIMESTAMP": "moment", "DATETIME": "moment", "BIGINT": "INTEGER",
    "SMALLINT": "INTEGER",
}  # fmt: skip
# Values to try on a CHECK, by the kind of its column.
PROBES: dict[str, tuple[int | str | None, ...]] = {
    "INTEGER": (None, *range(-3, 10), 100),
    "text": (None, "", " ", "a", "long " * 100),
}
Parts = dict[tuple[str, str], str]  # table and part → what it says


def show(line: str) -> Card:
    """`%compare FILE FILE`, or a name that %postgres made in place of either."""
    words = line.split()
    if len(words) != 2:
        raise Problem("write it like this: %compare taskmaster.db twin.db")
    here = stage.current()
    first, second = (_photo(here, word) for word in words)
    return _card(words[0], first, words[1], second)


def _photo(here: stage.Stage, name: str) -> Photo:
    try:
        return take(create_engine(_url(here, name), poolclass=NullPool))
    except SQLAlchemyError as error:
        raise Problem(f"{name} cannot be read. {commands.one_line(error)}") from error


def _url(here: stage.Stage, name: str) -> URL:
    """The database of that name: a file of the lesson's, or one on the lesson's server. Raises Problem."""
    path = (here.root / name).resolve()
    if path.is_relative_to(here.area) and path.is_file():
        return URL.create("sqlite", database=str(path))
    from workbook import postgres

    if "." in name or not postgres.knows(name):
        raise Problem(f"there is no database {name} here, neither a file nor on a server")
    return URL.create("postgresql+psycopg", database=name)


def _card(left: str, first: Photo, right: str, second: Photo) -> Card:
    title = f"The schemas of {left} (at {first.place}) and {right} (at {second.place})"
    found = list(differences(first, second))
    if not found:
        count = len(first.tables)
        says = f"= The same schema: {count} table{'' if count == 1 else 's'}, nothing differs."
        return Card(card(title, sentence(says)), f"{title}\n{says}")
    headings = ("table", "what", left, right)
    rows: list[Row] = [
        [Cell(where, code=True), what, Cell(here, code=True), Cell(there, code=True)]
        for where, what, here, there in found
    ]
    end = f"{len(found)} difference{'' if len(found) == 1 else 's'}."
    html = card(title, table(headings, rows), note(end))
    return Card(html, f"{title}\n\n{text_table(headings, rows)}\n\n{end}")


def differences(first: Photo, second: Photo) -> Iterator[tuple[str, str, str, str]]:
    """Table, part, and what each side says of it; `-` where it has no such part."""
    alike = first.dialect == second.dialect
    here, there = (parts(photo, exact=alike) for photo in (first, second))
    for where, what in sorted(here.keys() | there.keys()):
        sides = here.get((where, what), "-"), there.get((where, what), "-")
        whole = (where, "the table")
        if sides[0] != sides[1] and ((where, what) == whole or (whole in here and whole in there)):
            yield where, what, *sides


def parts(photo: Photo, *, exact: bool) -> Parts:
    """A schema in comparable words. EXACT: of two databases of one kind."""
    found: Parts = {}
    for name, one in photo.tables.items():
        found[name, "the table"] = "is there"
        for column in one.columns:
            found[name, f"column {column.name}"] = _column(column, one, exact)
        for rule in one.rules:
            found[name, _title(rule)] = _check(rule, one) if rule.kind == "CHECK" else rule.words
        for index in one.indexes:
            found[name, f"index {index.name}"] = index.words if exact else _index(index.words)
    return found


def _title(rule: Rule) -> str:
    if rule.name or rule.kind == "PRIMARY KEY":
        return rule.title
    return f"{rule.title} on {', '.join(rule.columns) or rule.words}"


def _kind(column: Column) -> str:
    return KINDS.get(column.type.partition("(")[0], column.type)


def _column(column: Column, of: Table, exact: bool) -> str:
    kind = column.type if exact else _kind(column)
    # Both give an id by themselves; only PostgreSQL calls that a default.
    has_default = column.default is not None or column.name in of.primary_key
    return f"{kind}{'' if column.nullable else ' NOT NULL'}{' DEFAULT' if has_default else ''}"


def _check(rule: Rule, of: Table) -> str:
    """Which of a few values a CHECK lets in, for each database has other words; else its words."""
    asked = [column for column in of.columns if re.search(rf"\b{re.escape(column.name)}\b", rule.words)]
    if len(asked) != 1 or _kind(asked[0]) not in PROBES:
        return rule.words
    words = re.sub(r"::[a-z]+( varying)?", "", rule.words)  # PostgreSQL says of what type each value is
    query = f'SELECT {words} FROM (SELECT ? AS "{asked[0].name}")'
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            answers = {
                value: connection.execute(query, (value,)).fetchone()[0] for value in PROBES[_kind(asked[0])]
            }
    except sqlite3.Error:  # words that only PostgreSQL knows
        return rule.words
    # What is neither true nor false passes
    let_in = ["NULL" if value is None else repr(value) for value, answer in answers.items() if answer != 0]
    return f"lets in {', '.join(let_in)}"


def _index(words: str) -> str:
    """The words of an index without brackets, and in the words of one of the two."""
    plain = re.sub(r"[()]", " ", words).lower()
    plain = re.sub(r"\bis 0\b", "is false", re.sub(r"\bis 1\b", "is true", plain))
    return " ".join(re.sub(r"\s+,", ",", plain).split())
