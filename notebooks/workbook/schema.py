"""The schema of one table, or the list of them, to look at."""

from __future__ import annotations

from workbook.html import Card, Cell, Row, caption, card, note, table, text_table
from workbook.photo import Photo, Table

COLUMNS = ("column", "type", "NULL allowed", "default", "key")
RULES = ("rule", "name", "what it says")


def show_table(found: Table, photo: Photo) -> Card:
    """A table's columns, rules and indexes."""
    title = f"Table {found.name} at {photo.place}"
    columns: list[Row] = [
        [
            Cell(column.name, code=True),
            Cell(column.type, code=True),
            "yes" if column.nullable else "no",
            Cell(column.default or "", code=True),
            found.key(column.name),
        ]
        for column in found.columns
    ]
    rules: list[Row] = [
        [rule.kind, _name(rule.kind, rule.name), Cell(rule.words, code=True)] for rule in found.rules
    ]
    rules += [["INDEX", Cell(index.name, code=True), Cell(index.words, code=True)] for index in found.indexes]
    html = table(COLUMNS, columns)
    text = f"{title}\n\n{text_table(COLUMNS, columns)}"
    if rules:
        html += caption("Rules and indexes") + table(RULES, rules)
        text += f"\n\n{text_table(RULES, rules)}"
    return Card(card(title, html), text)


def _name(kind: str, name: str | None) -> Cell | str:
    if kind == "PRIMARY KEY":
        return ""
    return Cell(name, code=True) if name else "without a name"


def show_tables(photo: Photo) -> Card:
    """Every table with the number of its columns and rows."""
    title = f"The tables at {photo.place}"
    if not photo.tables:
        return Card(card(title, note("There is no table yet.")), f"{title}\nThere is no table yet.")
    headings = ("table", "columns", "rows")
    rows: list[Row] = [
        [Cell(name, code=True), str(len(found.columns)), f"{len(photo.rows[name]):,}"]
        for name, found in photo.tables.items()
    ]
    return Card(card(title, table(headings, rows)), f"{title}\n\n{text_table(headings, rows)}")
