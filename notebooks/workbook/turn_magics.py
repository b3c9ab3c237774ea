"""%check and %hint: the answers of `workbook check` and `workbook hint`, on the page."""

from __future__ import annotations

import re
from html import escape

from workbook import stage, turn
from workbook import workspace as ws
from workbook.checks.tasks import Task
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET
from workbook.html import CARD, INK, QUIET, TINTS, TITLE, Card
from workbook.progress import MUSEUM, BusyError
from workbook.stage import Problem
from workbook.turn import Standing

SIGNS = {CORRECT: "✓", NOT_YET: "✗", NOT_ATTEMPTED: "·"}
TINT = {CORRECT: TINTS["+"], NOT_YET: TINTS["-"], NOT_ATTEMPTED: TINTS[""]}
EXTRA = f"margin:2px 0 0 22px;color:{INK};overflow-wrap:anywhere"
FOOT = f"margin:8px 0 0 0;color:{QUIET}"


def check(line: str) -> Card:
    """`%check`: the tasks of this lesson, checked in your blog; `%check 05.2`: one of them."""
    tasks = _asked(line)
    return _show(turn.asked(turn.standings(ws.folder(None).resolve(), tasks), tasks))


def hint(line: str) -> Card:
    """`%hint`: a hint for the first task of this lesson that is not correct; again: the next one."""
    workspace = ws.folder(None).resolve()
    tasks = _asked(line)
    task = tasks[0]
    if len(tasks) > 1:
        found = {one.task.name: one for one in turn.standings(workspace, tasks)}
        open_ones = [each for each in tasks if found[each.name].verdict.state != CORRECT]
        if not open_ones:
            raise Problem("all tasks of this lesson are correct")
        task = open_ones[0]
    try:
        text, number, of = turn.hint(workspace, task)
    except (OSError, BusyError) as error:
        raise Problem(f"what you have seen cannot be written down: {error}") from error
    title = f"{task.name} {task.title}: hint {number} of {of}"
    shown = f'<div style="white-space:pre-wrap;overflow-wrap:anywhere">{_coded(text)}</div>'
    return Card(
        f'<div style="{CARD}"><div style="{TITLE}">{escape(title)}</div>{shown}</div>', f"{title}\n\n{text}"
    )


def _asked(line: str) -> list[Task]:
    words = line.split()
    if len(words) > 1:
        raise Problem("it takes one lesson or task, or nothing: %check 05.2")
    try:
        return turn.named(words[0] if words else stage.number())
    except turn.Sorry as sorry:
        raise Problem(str(sorry).rstrip(".")) from sorry


def _show(found: list[Standing]) -> Card:
    foot = _foot(found)
    texts = [
        f"{SIGNS[one.verdict.state]} {_title(one)}" + "".join(f"\n  {line}" for line in _lines(one))
        for one in found
    ]
    parts = "".join(_part(one) for one in found)
    html = f'<div style="{CARD}">{parts}<div style="{FOOT}">{_coded(foot)}</div></div>'
    return Card(html, "\n".join([*texts, foot]))


def _title(one: Standing) -> str:
    return f"{one.task.name} {one.task.title}: {one.verdict.state}"


def _lines(one: Standing) -> list[str]:
    return [line.strip() for line in one.verdict.text.splitlines()[1:]]


def _part(one: Standing) -> str:
    background, ink = TINT[one.verdict.state]
    title = f"{SIGNS[one.verdict.state]}&ensp;{escape(_title(one))}"
    head = f'<div style="background:{background};color:{ink};padding:2px 8px;margin:2px 0">{title}</div>'
    return head + "".join(f'<div style="{EXTRA}">{_coded(line)}</div>' for line in _lines(one))


def _coded(text: str) -> str:
    """The text as HTML, what stands in `backticks` as code; a backtick without a partner stays one."""
    return re.sub(
        r"`([^`\n]+)`",
        r'<code style="color:inherit;background:transparent;padding:0">\1</code>',
        escape(text),
    )


def _foot(found: list[Standing]) -> str:
    open_ones = [one for one in found if one.verdict.state != CORRECT]
    if not open_ones:
        name = found[0].task.name if len(found) == 1 else found[0].task.lesson
        return f"All correct. `workbook solution {name}` now shows how the workbook would have done it."
    folders = {MUSEUM if one.task.exhibit else one.task.project or turn.BLOG: None for one in found}
    places = f"{' and '.join(folders)} in your workspace"
    return f"Looked at: {places}. For a hint: %hint {open_ones[0].task.name}"


MAGICS = {"check": check, "hint": hint}
