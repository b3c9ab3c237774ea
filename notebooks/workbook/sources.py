"""A revision's file, the models around it, and the three views of one step."""

from __future__ import annotations

from workbook.html import (
    Card,
    caption,
    card,
    code,
    difference,
    failure,
    longest,
    note,
    panels,
    text_difference,
)

Models = dict[str, tuple[str, str]]  # revision before the step → the models there and after the step


def show_source(path: str, source: str) -> Card:
    """One file as a card, with its path as the title."""
    return Card(card(path, code(source, "python")), f"{path}\n\n{source.rstrip()}")


def show_sql(title: str, sql: str, end: str = "") -> Card:
    """The recorded SQL as a card; END is what the step said when it failed."""
    html = card(title, code(sql, "sql") if sql else note("Nothing was sent."), failure(end) if end else "")
    return Card(html, "\n\n".join(filter(None, (title, sql or "Nothing was sent.", end))))


def show_step(title: str, models: Models | None, path: str, source: str, sql: str, end: str) -> Card:
    """The three views of a step: the models before and after (None: not known), the file, and the SQL."""
    shown = [(path, code(source, "python"), longest(source)), _sql_panel(sql, end)]
    text = [title]
    if models is not None:
        shown.insert(0, _models_panel(models))
        text += ["1. The models", *_models_text(models)]
    text += [
        f"{len(shown) - 1}. The file {path}",
        source.rstrip(),
        f"{len(shown)}. The SQL that it sends",
        sql,
        end,
    ]
    return Card(card(title, panels(*shown)), "\n\n".join(filter(None, text)))


def _models_panel(models: Models) -> tuple[str, str, int]:
    parts, width = "", 30
    for parent, (before, after) in models.items():
        parts += caption(_whose(parent)) if len(models) > 1 else ""
        parts += note(STAY) if before == after else difference(before, after)
        width = max(width, longest(text_difference(before, after)))
    return "The models: taskmaster/models.py", parts, width


def _models_text(models: Models) -> list[str]:
    text = []
    for parent, (before, after) in models.items():
        text += [_whose(parent)] if len(models) > 1 else []
        text.append(STAY if before == after else text_difference(before, after))
    return text


STAY = "They stay as they are."


def _whose(parent: str) -> str:
    """Above the change to the models of one of the parents of a merge."""
    return f"Seen from {parent}"


def _sql_panel(sql: str, end: str) -> tuple[str, str, int]:
    html = (code(sql, "sql") if sql else note("Nothing was sent.")) + (failure(end) if end else "")
    return "The SQL that it sends", html, longest(sql)
