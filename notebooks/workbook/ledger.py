"""The ledger: what became of every row and every value, from one photo to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbook.changes import names, way
from workbook.html import Card, Cell, Row, card, note, table, text_table
from workbook.photo import MOST, Photo, Rows

UNCOMPARED = "only counted"
HEADINGS = ("table", "rows", "column", "what became of it")


@dataclass(frozen=True)
class Entry:
    """What became of one column. The sign is empty for `kept`."""

    name: str
    sign: str
    fate: str


@dataclass(frozen=True)
class Account:
    """What became of one table: rows before and after (None: there was none), and its columns."""

    name: str
    before: int | None
    after: int | None
    entries: tuple[Entry, ...]
    lost_rows: int = 0
    lost_values: int = 0

    @property
    def rows(self) -> str:
        """`8 → 8`, with `none` for a table that was not or is not there."""
        return " → ".join("no table" if n is None else f"{n:,}" for n in (self.before, self.after))


def accounts(before: Photo, after: Photo) -> list[Account]:
    """Compare all rows by value. Rows are the same row when their primary key is the same.

    Of a table that is too large for that, only the numbers of rows are compared.
    """
    pairs = names(before, after)
    found = []
    for old, rows in before.rows.items():
        if old in pairs.tables:
            new = pairs.tables[old]
            found.append(_account(old, new, rows, after.rows[new], pairs.columns[new]))
        else:
            gone = (Entry("all of them", "-", "gone"),)
            found.append(Account(old, len(rows), None, gone, len(rows), sum(map(rows.count, rows.values))))
    for new, rows in after.rows.items():
        if new not in pairs.tables.values():
            found.append(Account(new, None, len(rows), (Entry("all of them", "+", "new"),)))
    return found


def _account(old: str, new: str, before: Rows, after: Rows, columns: dict[str, str]) -> Account:
    title = old if old == new else f"{old} → {new}"
    if before.counted is not None or after.counted is not None:
        uncompared = (Entry("all of them", "", UNCOMPARED),)
        return Account(title, len(before), len(after), uncompared, max(0, len(before) - len(after)))
    there = set(after.keys)
    lost = sum(key not in there for key in before.keys)
    entries = [_entry(name, columns.get(name), before, after) for name in before.values]
    entries += [Entry(name, "+", _new(after, name)) for name in after.values if name not in columns.values()]
    gone = sum(before.count(name) for name in before.values if name not in columns)
    return Account(title, len(before), len(after), tuple(entries), lost, gone)


def _entry(name: str, now: str | None, before: Rows, after: Rows) -> Entry:
    if now is None:
        values = before.count(name)
        return Entry(name, "-", f"gone ({_count(values, 'value')})" if values else "gone (it held no value)")
    title = name if now == name else f"{name} → {now}"
    if before.keys == after.keys and before.checksum(name) == after.checksum(now):
        return Entry(title, "", "kept")
    there = dict(zip(after.keys, after.values[now], strict=True))
    old = zip(before.keys, before.values[name], strict=True)
    same = [repr(value) == repr(there[key]) for key, value in old if key in there]
    if before.keys and not same:
        return Entry(title, "-", "no old row is left" if after.keys else "no row is left")
    if not all(same):
        return Entry(title, "~", f"changed in {_count(same.count(False), 'row')}")
    all_left = len(same) == len(before)
    return Entry(title, "", "kept" if all_left else f"kept in the {_count(len(same), 'row')} left")


def _new(rows: Rows, name: str) -> str:
    """What stands in a new column: nothing, one value everywhere, or several."""
    values = set(map(repr, rows.values[name]))
    if not values:
        return "new"
    if len(values) > 1:
        return f"new, {len(values)} different values"
    value = rows.values[name][0]
    return f"new, {_shown(value)} everywhere"


def _shown(value: object) -> str:
    """A value as SQL writes it, short enough for a table."""
    if value is None:
        return "NULL"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def closing(found: list[Account]) -> str:
    """The sentences at the end: what is gone, or that nothing is."""
    sentences = list(_losses(found))
    if not any(account.lost_rows for account in found):
        sentences.insert(0, "No row was lost.")
    sentences += [
        f"{account.name} has more than {MOST:,} rows; they were not compared, only counted."
        for account in found
        if any(entry.fate == UNCOMPARED for entry in account.entries)
    ]
    return " ".join(sentences)


def _losses(found: list[Account]) -> Iterator[str]:
    for account in found:
        if account.lost_rows:
            verb = "is" if account.lost_rows == 1 else "are"
            table_name = account.name.split(" → ")[0]
            yield f"{_count(account.lost_rows, 'row')} of {table_name} {verb} gone."
    for account in (account for account in found if account.after is not None):
        gone = [entry.name for entry in account.entries if entry.fate.startswith("gone")]
        if account.lost_values:
            verb = "is" if account.lost_values == 1 else "are"
            columns = f"{'column' if len(gone) == 1 else 'columns'} {_and(gone)}"
            yield f"{_count(account.lost_values, 'value')} {verb} gone with the {columns} of {account.name}."


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def show(before: Photo, after: Photo, *, since: str = "") -> Card:
    """The ledger as a card: a row a column, and the closing sentences. SINCE goes into its title."""
    title = f"The ledger{since and f' {since}'}, {way(before, after)}"
    found = accounts(before, after)
    end = closing(found)
    if not found:
        return Card(card(title, note("There was no table, and there is none.")), f"{title}\nNo tables.")
    rows = [row for account in found for row in _rows(account)]
    return Card(
        card(title, table(HEADINGS, rows), note(end)), f"{title}\n\n{text_table(HEADINGS, rows)}\n\n{end}"
    )


def _rows(account: Account) -> Iterator[Row]:
    count = len(account.entries)
    lost = "-" if account.lost_rows else ""
    first: list[Cell | str | None] = [
        Cell(account.name, span=count),
        Cell(account.rows, sign=lost, span=count),
    ]
    for entry in account.entries:
        fate = entry.fate if entry.fate == UNCOMPARED else f"{entry.sign or '='} {entry.fate}"
        yield [*first, Cell(entry.name, code=True), Cell(fate, sign=entry.sign)]
        first = [None, None]
