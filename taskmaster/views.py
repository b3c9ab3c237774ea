"""Tasks and users as text for a terminal of any width, and as JSON."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskmaster import dates, durations
from taskmaster.database import shown
from taskmaster.ids import compress
from taskmaster.schema import BY_ID, RETIRED_BY, Schema
from taskmaster.spelling import fold

if TYPE_CHECKING:
    from taskmaster.tags import Tag
    from taskmaster.tasks import Agenda, Item, Listing, Person, Removed, Stats
    from taskmaster.transfer import Imported
    from taskmaster.upkeep import Status, Upgraded

NARROWEST = 20
FEW = 20  # no more than this are named one by one

# ------------------------------------------------------------------------------------ the terminal


def width() -> int:
    """How many characters fit in a line: COLUMNS, else the terminal's, else 80."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 6 and int(asked) > 0:
        return max(int(asked), NARROWEST)
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns or 80, NARROWEST)
    except (OSError, ValueError, AttributeError):
        return 80


def is_colourful() -> bool:
    """Whether colour is welcome: on a terminal, unless NO_COLOR is set or the terminal has none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


STYLES = {"late": "31", "urgent": "1", "dim": "2", "head": "1"}


def styled(text: str, style: str | None) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and is_colourful() else text


# ------------------------------------------------------------------------------------------- text

# Categories of characters that move the cursor, change its direction, or cannot be encoded.
_HARMFUL = {"Cc", "Cs", "Zl", "Zp"}
_DIRECTIONS = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def harmless(text: str) -> str:
    """TEXT with control characters written out (an escape is \\x1b, a line's end \\n)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in _HARMFUL or character in _DIRECTIONS
        else character
        for character in text
    )


def cells(text: str) -> int:
    """How many columns TEXT takes in a terminal; wide characters and emoji take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def shortened(text: str, room: int) -> str:
    """TEXT in at most ROOM columns, its end replaced by "…" where it is longer."""
    text = text[: room * 20 + 20]  # a title may be a whole book
    if cells(text) <= room:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(room - 1, 0)).rstrip() + "…"


def _padded(text: str, room: int) -> str:
    return text + " " * (room - cells(text))


# ------------------------------------------------------------------------------------------ tables


@dataclass(frozen=True)
class Column:
    """A column of a table: what it says of an Item, and how far it may be squeezed."""

    title: str
    text: Callable[[Any], str]
    least: int = 0  # 0: it is never shortened
    style: Callable[[Any], str | None] = lambda _: None


def table(rows: Sequence[Any], columns: Sequence[Column], room: int) -> list[str]:
    """Lines of at most ROOM columns. Too long: the widest columns that may be shortened give way first;
    columns that do not fit even so are left out from the right, and a last line says which."""
    texts = {column.title: [harmless(column.text(row)) for row in rows] for column in columns}
    columns = list(columns)
    left_out: list[str] = []
    while (widths := _widths(columns, texts, room)) is None and len(columns) > 2:
        left_out.insert(0, columns.pop().title)
    widths = widths or [cells(column.title) for column in columns]
    lines = ["  ".join(_padded(column.title, wide) for column, wide in zip(columns, widths, strict=True))]
    lines = [styled(lines[0].rstrip(), "head")]
    for number, row in enumerate(rows):
        parts = [
            styled(_padded(shortened(texts[column.title][number], wide), wide), column.style(row))
            for column, wide in zip(columns, widths, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    if left_out:
        lines.append(f"(too narrow for {', '.join(left_out)})")
    return lines


def _widths(columns: Sequence[Column], texts: dict[str, list[str]], room: int) -> list[int] | None:
    """A width for each column, in ROOM in all; None when they do not fit."""
    natural = [
        max([cells(column.title), *(cells(text[:2000]) for text in texts[column.title])])
        for column in columns
    ]
    room -= 2 * (len(columns) - 1)
    widths = list(natural)
    while sum(widths) > room:
        squeezable = [n for n, column in enumerate(columns) if column.least and widths[n] > column.least]
        if not squeezable:
            return None
        widest = max(squeezable, key=lambda n: widths[n])
        others = sum(widths) - widths[widest]
        next_widest = max((widths[n] for n in squeezable if n != widest), default=0)
        widths[widest] = max(room - others, columns[widest].least, min(next_widest, widths[widest] - 1))
    return widths


def item_columns(
    schema: Schema, today: date, *, with_done: bool = False, with_created: bool = False
) -> list[Column]:
    """The columns of a list of tasks, as far as the schema has them; the first to be left out is last."""

    def due(item: Item) -> str:
        return f"{item.due_on or ''}{' !' if item.is_overdue(today) else ''}"

    columns = [Column("ID", lambda item: str(item.id))]
    if with_done and schema.has("done"):
        columns.append(Column("Done", lambda item: "x" if item.done else ""))
    columns.append(Column("Title", lambda item: item.title, 12, _style_of_title))
    if schema.has("--due"):
        columns.append(Column("Due", due, style=lambda item: "late" if item.is_overdue(today) else None))
    if schema.has("--priority"):
        columns.append(Column("Prio", lambda item: item.priority or "", style=_style_of_title))
    if schema.has("--owner"):
        columns.append(Column("Owner", lambda item: item.owner or "", 5))
    if schema.has("--category"):
        columns.append(Column("Category", lambda item: item.category or "", 8))
    if schema.has("--tag"):
        columns.append(Column("Tags", lambda item: ", ".join(item.tags or ()), 8))
    if schema.has("--estimate"):
        columns.append(Column("Est", lambda item: _duration(item.estimate)))
    if with_created and schema.has("--sort created"):
        columns.append(Column("Created", lambda item: moment(item.created_at)))
    return columns


def _style_of_title(item: Item) -> str | None:
    return "dim" if item.done else "urgent" if item.priority == "urgent" else None


def _duration(minutes: int | None) -> str:
    return durations.shown(minutes) if minutes is not None else ""


def moment(when: datetime | None) -> str:
    """A moment in UTC, to the minute."""
    return f"{when:%Y-%m-%d %H:%M}" if when else ""


def listing(found: Listing, columns: Sequence[Column], *, what: str) -> list[str]:
    """A table, and one line that says how much of WHAT it shows."""
    if not found.items:
        return [f"No {what}."]
    shown = len(found.items)
    count = f"{shown} of {found.total} shown" if shown < found.total else counted(found.total, what)
    late = f", {found.overdue} overdue (!)" if found.overdue else ""
    minutes = sum(item.estimate or 0 for item in found.items) if shown == found.total else 0
    long = f", {durations.shown(minutes)} estimated" if minutes else ""
    last = textwrap.wrap(f"{count}{late}{long}", width())
    lines = [*table(found.items, columns, width()), "", *(styled(line, "dim") for line in last)]
    if shown < found.total:
        lines.append(styled("All of them: --limit 0", "dim"))
    return lines


def counted(number: int, what: str) -> str:
    """A number of WHAT, which is given as of several: "1 task", "2 tasks"."""
    return f"{number} {what if number != 1 else what.removesuffix('s')}"


def agenda(found: Agenda, columns: Sequence[Column]) -> list[str]:
    """What is due, in sections that are not empty."""
    sections = [
        ("Overdue", found.overdue),
        ("Today", found.today),
        ("Next 7 days", found.soon),
        ("Without a date", found.undated),
    ]
    every = [item for _, part in sections for item in part.items]
    rows = iter(table(every, columns, width() - 2)[1:])  # one table, so that the sections line up
    lines: list[str] = []
    for title, part in sections:
        if part.items:
            more = f" ({len(part.items)} of {part.total} shown)" if len(part.items) < part.total else ""
            lines += [styled(f"{title}{more}", "head"), *(f"  {next(rows)}" for _ in part.items), ""]
    if found.later:
        lines.append(f"{counted(found.later, 'tasks')} later: taskmaster list")
    if not lines:
        return ["Nothing to do."]
    return lines if lines[-1] else lines[:-1]


def agenda_parts(found: Agenda) -> dict[str, list[Item]]:
    """The agenda for JSON."""
    return {name: getattr(found, name).items for name in ("overdue", "today", "soon", "undated")}


def detail(item: Item, schema: Schema) -> list[str]:
    """One task in full, a line for each thing that the schema has."""
    facts = [("Title", item.title)]
    if schema.has("done"):
        facts.append(("Done", "yes" if item.done else "no"))
    if schema.has("--due"):
        facts.append(("Due", dates.shown(item.due_on) if item.due_on else "no date"))
    if schema.has("--priority"):
        facts.append(("Priority", item.priority or ""))
    if schema.has("--owner"):
        facts.append(("Owner", f"{item.owner} (user {item.owner_id})" if item.owner_id else "nobody"))
    if schema.has("--category"):
        facts.append(("Category", item.category or "none"))
    if schema.has("--tag"):
        facts.append(("Tags", ", ".join(item.tags or ()) or "none"))
    if schema.has("--estimate"):
        facts.append(("Estimate", _duration(item.estimate) or "none"))
    if schema.has("--sort created"):
        facts.append(("Created", f"{moment(item.created_at)} UTC"))
    lines = [f"Task {item.id}", *(f"  {name + ':':10}{harmless(text)}" for name, text in facts)]
    if schema.has("--note"):
        first, *more = (item.notes or "none").splitlines()
        lines += [
            f"  Note:     {harmless(first)}",
            *(f"            {harmless(line)}".rstrip() for line in more),
        ]
    return lines


def echo(word: str, item: Item, *, details: Sequence[str] = ()) -> str:
    """What happened to a task, in one line: "Added 9: Pay the rent (due Fri 2026-03-06)"."""
    told = [text for name in details if (text := _told(name, item))]
    head, tail = f"{word} {item.id}: ", f" ({', '.join(told)})" if told else ""
    room = max(width() - cells(head) - cells(tail), 20)
    return f"{head}{shortened(harmless(item.title), room)}{harmless(tail)}"


def _told(name: str, item: Item) -> str:
    match name:
        case "due":
            return f"due {dates.shown(item.due_on)}" if item.due_on else "no date"
        case "category":
            return f"category {item.category}" if item.category else "no category"
        case "priority":
            return f"priority {item.priority}"
        case "owner":
            return f"owner {item.owner}" if item.owner_id else "no owner"
        case "tags":
            return (
                f"tag{'s' if len(item.tags) > 1 else ''} {', '.join(item.tags)}" if item.tags else "no tags"
            )
        case "estimate":
            return f"estimate {_duration(item.estimate)}" if item.estimate else "no estimate"
        case "note":
            return f"note {shortened(' '.join(item.notes.split()), 40)}" if item.notes else "no note"
    return ""


def people(found: Sequence[Person]) -> list[str]:
    """All users as a table."""
    if not found:
        return ["No users."]
    columns = [
        Column("ID", lambda person: str(person.id)),
        Column("Name", lambda person: person.username, 8),
        Column("E-mail", lambda person: person.email or "", 8),
    ]
    if found[0].all is not None:
        columns.insert(2, Column("Open", lambda person: str(person.open)))
        columns.insert(3, Column("Tasks", lambda person: str(person.all)))
    if any(person.profile for person in found):
        columns.append(Column("Full name", _full_name, 10))
    return [*table(found, columns, width()), "", styled(counted(len(found), "users"), "dim")]


def _full_name(person: Person) -> str:
    return (person.profile and person.profile.full_name) or ""


def profile(person: Person) -> list[str]:
    """What a user says about themselves."""
    about = (person.profile and person.profile.about) or "nothing"
    first, *more = about.splitlines()
    return [
        f"User {person.id}: {harmless(person.username)}",
        f"  Full name: {harmless(_full_name(person) or 'not told')}",
        f"  About:     {harmless(first)}",
        *(f"             {harmless(line)}".rstrip() for line in more),
    ]


def undo_profile(before: Person, changed: Iterable[str]) -> str:
    """The command that gives a user the profile from BEFORE, in what was CHANGED."""
    was = {name: getattr(before.profile, name, None) for name in changed}
    options = " ".join(f"--{name.replace('_', '-')} {quoted(text or 'none')}" for name, text in was.items())
    return f"taskmaster user profile {quoted(before.username)} {options}"


def tags(found: Sequence[Tag]) -> list[str]:
    """All tags as a table."""
    if not found:
        return ["No tags."]
    columns = [
        Column("Tag", lambda tag: tag.name, 8),
        Column("Open", lambda tag: str(tag.open)),
        Column("Tasks", lambda tag: str(tag.all)),
    ]
    return [*table(found, columns, width()), "", styled(counted(len(found), "tags"), "dim")]


def renamed_tag(before: Tag, after: Tag) -> list[str]:
    """What a tag is called now, and how to undo it."""
    return [
        f"Renamed tag {harmless(before.name)}: {harmless(after.name)}",
        f"Undo: taskmaster tag rename {quoted(after.name)} {quoted(before.name)}",
    ]


def removed_tag(removed: Tag, task_ids: Sequence[int]) -> list[str]:
    """Which tag is gone, and how to give it to its tasks again."""
    name, its = harmless(removed.name), counted(len(task_ids), "tasks")
    undo = [f"Undo: taskmaster edit {compress(task_ids)} --tag {quoted(removed.name)}"] if task_ids else []
    return [f"Removed tag {name}, which {its} had", *undo]


def removed_users(removed: Removed, kept: Path) -> list[str]:
    """Who was removed, what became of their tasks, and how to undo it."""
    lines = [f"Removed user {person.id}: {harmless(person.username)}" for person in removed.people]
    lines += [echo("Removed", item) for item in removed.items]
    undo = [f"taskmaster import {quoted(shown(kept))}"]
    if removed.orphans:
        lines.append(
            f"{counted(len(removed.orphans), 'tasks')} without an owner now: {_ids(removed.orphans)}"
        )
        for person in removed.people:
            if theirs := [item for item in removed.orphans if item.owner_id == person.id]:
                undo.append(f"taskmaster assign {_ids(theirs)} {quoted(person.username)}")
    return lines + [f"Undo: {line}" for line in undo]


def undo_edit(before: Sequence[Item], after: Sequence[Item]) -> list[str]:
    """The commands that make BEFORE of AFTER again."""
    commands: dict[str, list[int]] = {}
    for old, new in zip(before, after, strict=True):
        if options := _differences(old, new):
            commands.setdefault(options, []).append(old.id)
    return [f"taskmaster edit {compress(ids)} {options}" for options, ids in commands.items()]


def _differences(old: Item, new: Item) -> str:
    values = {
        "title": (old.title, new.title),
        "due": (str(old.due_on or "none"), str(new.due_on or "none")),
        "category": (old.category or "none", new.category or "none"),
        "priority": (old.priority, new.priority),
        "owner": (str(old.owner_id or "none"), str(new.owner_id or "none")),
        "estimate": (_duration(old.estimate) or "none", _duration(new.estimate) or "none"),
        "note": (old.notes or "none", new.notes or "none"),
    }
    options = [(name, was) for name, (was, is_) in values.items() if was != is_ and was is not None]
    there, before = {fold(name) for name in new.tags or ()}, {fold(name) for name in old.tags or ()}
    options += [("tag", name) for name in old.tags or () if fold(name) not in there]
    options += [("untag", name) for name in new.tags or () if fold(name) not in before]
    return " ".join(f"--{name} {quoted(was)}" for name, was in options)


def quoted(text: str) -> str:
    """TEXT as one word for the shell that is used here; control characters as bash and zsh write them."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text):
        return text
    if os.name == "nt":
        return '"' + harmless(text).replace('"', '\\"') + '"'
    if harmless(text) == text:
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{harmless(escaped)}'"


def _ids(items: Iterable[Item]) -> str:
    return compress(item.id for item in items)


def imported(found: Imported) -> list[str]:
    """What an import brought: each of a few tasks, and of many those that have another id now."""
    lines = [f"Imported user {harmless(name)}" for name in found.users]
    old_ids = {new: old for old, new in found.new_ids.items()}
    for item in found.items:
        if item.id in old_ids:
            lines.append(f"{echo('Imported', item)} (it was {old_ids[item.id]}, which is taken)")
        elif len(found.items) <= FEW:
            lines.append(echo("Imported", item))
    lines += [f"User {harmless(name)} keeps the profile that is here." for name in found.profiles_kept]
    if found.categories_as_tags:
        gone = RETIRED_BY["--category"].id
        lines.append(
            f"{counted(found.categories_as_tags, 'tasks')} had a category, which is a tag since {gone}."
        )
    lines.append(f"{counted(len(found.items), 'tasks')} imported, {found.already} here already.")
    return lines


# ------------------------------------------------------------------------------------ the database


def hint(schema: Schema) -> list[str]:
    """One line where newer revisions wait."""
    if not schema.waiting:
        return []
    newest = schema.waiting[-1].id
    return [
        "",
        styled(f"At revision {schema.position}; {newest} is the newest: taskmaster db upgrade", "dim"),
    ]


def status(found: Status) -> list[str]:
    """Where the database is, and what waits for it."""
    if not found.exists:
        return [
            f"Database  {found.database} (not there yet; the first task makes it)",
            f"Newest    {found.newest}",
        ]
    title = BY_ID[found.revision].title if found.revision in BY_ID else ""
    lines = [f"Database  {found.database}", f"Revision  {found.revision}{f' ({title})' if title else ''}"]
    if found.tasks is not None:
        lines.append(f"Tasks     {found.tasks}")
    if not found.waiting:
        return [*lines, "It is at the newest revision."]
    lines += ["", "These wait:"]
    for revision in found.waiting:
        changes = [
            *revision.unlocks,
            *(f"{gone} is retired, {revision.instead}" for gone in revision.retires),
        ]
        lines.append(f"  {revision.id}  {revision.title}{': ' if changes else ''}{', '.join(changes)}")
    return [*lines, "Run: taskmaster db upgrade"]


def upgraded(done: Upgraded) -> list[str]:
    """What an upgrade did, and the way back."""
    if not done.applied:
        return [f"Nothing to do: the database is at revision {done.revision}."]
    lines = [f"Backup: {shown(done.backup)}"] if done.backup else []
    for step in done.applied:
        lines += [f"{step.id}  {step.title}", *(f"      {harmless(note)}" for note in step.notes)]
    lines.append(f"The database is at revision {done.revision}.")
    if done.backup:
        lines.append(f"Go back: taskmaster db restore {quoted(shown(done.backup))}")
    return lines


def stats(found: Stats) -> list[str]:
    """Numbers, one a line."""
    facts = [
        ("Open", found.open),
        ("Done", found.done),
        ("Overdue", found.overdue),
        ("Due in 7 days", found.due_this_week),
        ("Added in 7 days", found.added_this_week),
    ]
    lines = [f"{name:16}{number:>6}" for name, number in facts]
    for title, groups, unnamed in (
        ("Open by priority", found.by_priority, ""),
        ("Open by owner", found.by_owner, "(nobody)"),
        ("Open by category", found.by_category, "(none)"),
        ("Open by tag", found.by_tag, ""),
    ):
        if groups:
            lines += ["", styled(title, "head")]
            lines += [
                f"  {_padded(shortened(harmless(name or unnamed), 14), 14)}{n:>6}"
                for name, n in groups.items()
            ]
    return lines


# -------------------------------------------------------------------------------------------- JSON


def as_json(value: Any) -> str:
    """JSON with the same keys at every revision. Dates are ISO, moments ISO in UTC ending in Z."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2)


def plain(value: Any) -> Any:
    """Dataclasses, dates and moments as what JSON has."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return plain(asdict(value)) if hasattr(value, "__dataclass_fields__") else value
