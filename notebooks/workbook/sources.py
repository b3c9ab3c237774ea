"""A revision's file, the models around it, and the three views of one step."""

from __future__ import annotations

from workbook.html import (
    Card,
    card,
    code,
    difference,
    failure,
    longest,
    note,
    panels,
    text_difference,
)


def show_source(path: str, source: str) -> Card:
    """One file as a card, with its path as the title."""
    return Card(card(path, code(source, "python")), f"{path}\n\n{source.rstrip()}")


def show_sql(title: str, sql: str, end: str = "") -> Card:
    """The recorded SQL as a card; END is what the step said when it failed."""
    html = card(title, code(sql, "sql") if sql else note("Nothing was sent."), failure(end) if end else "")
    return Card(html, "\n\n".join(filter(None, (title, sql or "Nothing was sent.", end))))


def show_step(title: str, models: tuple[str, str] | None, path: str, source: str, sql: str, end: str) -> Card:
    """The three views of a step: the models before and after (None: not known), the file, and the SQL."""
    shown = [(path, code(source, "python"), longest(source)), _sql_panel(sql, end)]
    text = [title]
    if models is not None:
        shown.insert(0, _models_panel(*models))
        text += ["1. The models", _models_text(*models)]
    text += [
        f"{len(shown) - 1}. The file {path}",
        source.rstrip(),
        f"{len(shown)}. The SQL that it sends",
        sql,
        end,
    ]
    return Card(card(title, panels(*shown)), "\n\n".join(filter(None, text)))


def _models_panel(before: str, after: str) -> tuple[str, str, int]:
    title = "The models: taskmaster/models.py"
    if before == after:
        return title, note("They stay as they are."), 30
    lines = text_difference(before, after)
    return title, difference(before, after), longest(lines)


def _models_text(before: str, after: str) -> str:
    return "They stay as they are." if before == after else text_difference(before, after)


def _sql_panel(sql: str, end: str) -> tuple[str, str, int]:
    html = (code(sql, "sql") if sql else note("Nothing was sent.")) + (failure(end) if end else "")
    return "The SQL that it sends", html, longest(sql)
