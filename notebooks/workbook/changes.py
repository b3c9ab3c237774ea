"""What changed in a schema between two photos, and what only has another name now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from workbook.html import Card, Cell, Row, card, note, table, text_table
from workbook.photo import Column, Photo, Rows, Table

SIGNS = {"new": "+", "gone": "-", "changed": "~", "renamed": "~"}
HEADINGS = ("", "table", "what", "details")


@dataclass(frozen=True)
class Names:
    """Which old names are which new ones: tables, and columns for each new table name."""

    tables: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One line of the difference. The kind is `new`, `gone`, `changed` or `renamed`."""

    kind: str
    table: str
    what: str
    details: str = ""

    @property
    def sign(self) -> str:
        """`+`, `-` or `~`: what tells the kinds apart without their colours."""
        return SIGNS[self.kind]


def names(before: Photo, after: Photo) -> Names:
    """Pair the tables and columns of two photos: equal names first, then renames.

    A rename is told only where it is plausible: one name gone and one new, the same type and rules, and
    the same values in every row that both have. Where no row can tell, the place must be the same too.
    """
    tables = {name: name for name in before.tables if name in after.tables}
    new = [name for name in after.tables if name not in before.tables]
    for old in before.tables:
        if old not in tables:
            match = next((name for name in new if _is_same_table(before, old, after, name)), None)
            if match is not None:
                tables[old] = match
                new.remove(match)
    columns = {there: _column_names(before, here, after, there) for here, there in tables.items()}
    return Names(tables, columns)


def _is_same_table(before: Photo, old: str, after: Photo, new: str) -> bool:
    here, there = before.tables[old], after.tables[new]
    shared = [column for column in here.columns if column in there.columns]
    if 2 * len(shared) < max(len(here.columns), len(there.columns)):
        return False
    rows, rows_after = before.rows.get(old, Rows()), after.rows.get(new, Rows())
    if not len(rows) and not len(rows_after):
        return here.columns == there.columns
    return rows.keys == rows_after.keys and all(
        rows.checksum(column.name) == rows_after.checksum(column.name) for column in shared
    )


def _column_names(before: Photo, old: str, after: Photo, new: str) -> dict[str, str]:
    here, there = before.tables[old], after.tables[new]
    kept = {column.name for column in here.columns} & {column.name for column in there.columns}
    found = {name: name for name in kept}
    fresh = [column for column in there.columns if column.name not in kept]
    for column in here.columns:
        if column.name in kept:
            continue
        match = next((c for c in fresh if _is_same_column(before, here, column, after, there, c)), None)
        if match is not None:
            found[column.name] = match.name
            fresh.remove(match)
    return found


def _is_same_column(
    before: Photo, here: Table, old: Column, after: Photo, there: Table, new: Column
) -> bool:  # fmt: skip
    if old.words != new.words:
        return False
    rows, rows_after = before.rows.get(here.name, Rows()), after.rows.get(there.name, Rows())
    same_place = here.columns.index(old) == there.columns.index(new)
    if not len(rows):
        return same_place and len(here.columns) == len(there.columns)
    if rows.keys != rows_after.keys or rows.checksum(old.name) != rows_after.checksum(new.name):
        return False
    return same_place or len(set(rows.values[old.name])) > 1


def between(before: Photo, after: Photo) -> list[Change]:
    """Every difference of the schema, table by table in the order of their names; a rename is one change."""
    pairs = names(before, after)
    found: list[Change] = []
    for old in before.tables:
        if old not in pairs.tables:
            found.append(Change("gone", old, "the table", _columns_in_words(before.tables[old])))
    for old, new in pairs.tables.items():
        if old != new:
            found.append(Change("renamed", old, "the table", f"is called {new} now"))
        found += _in_table(before.tables[old], after.tables[new], pairs)
    for new in after.tables:
        if new not in pairs.tables.values():
            found += _new_table(after.tables[new])
    return found


def _columns_in_words(whole: Table) -> str:
    return f"with {', '.join(column.name for column in whole.columns)}"


def _new_table(new: Table) -> Iterator[Change]:
    yield Change("new", new.name, "the table", _columns_in_words(new))
    yield from (Change("new", new.name, f"column {column.name}", column.words) for column in new.columns)
    yield from (Change("new", new.name, rule.title, rule.words) for rule in new.rules)
    yield from (Change("new", new.name, f"index {index.name}", index.words) for index in new.indexes)


def _in_table(here: Table, there: Table, pairs: Names) -> Iterator[Change]:
    renamed = pairs.columns[there.name]
    after = {column.name: column for column in there.columns}
    for column in here.columns:
        if column.name not in renamed:
            yield Change("gone", there.name, f"column {column.name}", column.words)
            continue
        new = after[renamed[column.name]]
        if new.name != column.name:
            yield Change("renamed", there.name, f"column {column.name}", f"is called {new.name} now")
        if new.words != column.words:
            yield Change("changed", there.name, f"column {new.name}", f"{column.words} → {new.words}")
    for column in there.columns:
        if column.name not in renamed.values():
            yield Change("new", there.name, f"column {column.name}", column.words)
    rules_before = {_key(rule.title, rule.words): rule.words for rule in here.rules}
    yield from _named(there.name, rules_before, {_key(r.title, r.words): r.words for r in there.rules})
    indexes = {f"index {index.name}": index.words for index in here.indexes}
    yield from _named(there.name, indexes, {f"index {index.name}": index.words for index in there.indexes})


def _key(title: str, words: str) -> str:
    """Rules without a name are told apart by their words."""
    return f"{title} {words}" if title.endswith("without a name") else title


def _named(table_name: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for title, words in before.items():
        if title not in after:
            yield Change("gone", table_name, title, "" if title.endswith(words) else words)
        elif after[title] != words:
            yield Change("changed", table_name, title, _from_to(words, after[title]))
    for title, words in after.items():
        if title not in before:
            yield Change("new", table_name, title, "" if title.endswith(words) else words)


def _from_to(before: str, after: str) -> str:
    """Both words with an arrow between; of two foreign keys that point to one place, only the rules."""
    target, _, rule = before.partition(" ON ")
    new_target, _, new_rule = after.partition(" ON ")
    if target == new_target and " REFERENCES " in target:
        return " → ".join(f"ON {words}" if words else "no rule" for words in (rule, new_rule))
    return f"{before} → {after}"


def way(before: Photo, after: Photo) -> str:
    """From where to where; a step that failed halfway may have changed something and stayed."""
    if before.revision == after.revision:
        return f"before and after, both at {before.place}"
    return f"from {before.place} to {after.place}"


def show(before: Photo, after: Photo) -> Card:
    """The difference as a card: one row a change, with its sign and its word."""
    title = f"The schema, {way(before, after)}"
    found = between(before, after)
    if not found:
        return Card(
            card(title, note("Nothing changed in the schema.")), f"{title}\nNothing changed in the schema."
        )
    rows: list[Row] = [
        [Cell(f"{change.sign} {change.kind}", sign=change.sign), change.table, change.what,
         Cell(change.details, code=True)]
        for change in found
    ]  # fmt: skip
    return Card(card(title, table(HEADINGS, rows)), f"{title}\n\n{text_table(HEADINGS, rows)}")
