"""Export and import, as JSON, without losing anything."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.orm import Session

from taskmaster import clock, upkeep
from taskmaster.database import shown
from taskmaster.errors import ImportConflictError, TaskmasterError
from taskmaster.ids import HIGHEST
from taskmaster.mapping import models, schema
from taskmaster.schema import PRIORITIES, UNIQUE_NAMES, URGENT
from taskmaster.tasks import Item, Person, Removed, Wanted, listing, people
from taskmaster.views import as_json

FORMAT = 1
_TASK: dict[str, type] = {
    "id": int, "title": str, "done": bool, "due_on": date, "category": str,
    "created_at": datetime, "owner_id": int, "owner": str, "priority": str,
}  # fmt: skip
_USER: dict[str, type] = {"id": int, "username": str, "email": str, "created_at": datetime}


@dataclass(frozen=True)
class Imported:
    """What an import brought; tasks that were there already, the same in everything, are only counted."""

    users: list[str]
    items: list[Item]
    already: int
    new_ids: dict[int, int]


def everything(session: Session) -> str:
    """All tasks and users as JSON that `load` reads; the same text for the same rows."""
    users = people(session) if schema(session).has("user list") else []
    return document(schema(session).position, users, listing(session, Wanted(), sort="id").items)


def document(revision: str, users: Iterable[Person], items: Iterable[Item]) -> str:
    """Tasks and users as an export."""
    return as_json(
        {
            "taskmaster": FORMAT,
            "revision": revision,
            "users": [
                {key: getattr(user, key) for key in _USER} for user in sorted(users, key=lambda u: u.id)
            ],
            "tasks": list(items),
        }
    )


def keep(session: Session, url: str, removed: Removed) -> Path:
    """Write what is about to be removed into a file beside the database, from where `load` brings it back."""
    path = upkeep.new_file(url, "removed", ".json")
    write(path, document(schema(session).position, removed.people, removed.items))
    return path


def write(path: Path, text: str) -> None:
    """Write an export; an older one of that name is kept until the new one is complete.

    Raises TaskmasterError, and writes nothing, where PATH is another file: it may be the database.
    """
    with upkeep.explained_files(path):
        path = path.resolve()  # a link stays a link
        if path.exists() and not path.is_file():  # a device or a pipe, whose place no file may take
            path.write_text(text + "\n", encoding="utf-8")
            return
        if path.exists() and not _begins_like_an_export(path):
            raise TaskmasterError(
                f"{shown(path)} exists already, and is no export. Name a file that does not exist."
            )
        part = path.with_name(f"{path.name}.part-{os.getpid()}")
        try:
            part.write_text(text + "\n", encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _begins_like_an_export(path: Path) -> bool:
    """An empty file counts: nothing in it can be lost."""
    with path.open("rb") as file:
        beginning = file.read(100)
    return not beginning or b'"taskmaster"' in beginning


# ----------------------------------------------------------------------------------------- reading


def read(path: Path) -> tuple[list[Person], list[Item]]:
    """Read an export. Raises TaskmasterError, with the place, for anything that is not one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TaskmasterError(f"Cannot read {shown(path)}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise TaskmasterError(f"{shown(path)} is not JSON ({str(error).splitlines()[0]}).") from error
    if not isinstance(found, dict) or found.get("taskmaster") != FORMAT:
        raise TaskmasterError(
            f"{shown(path)} is not an export of taskmaster's (those are made with: taskmaster export FILE)."
        )
    try:
        users = [Person(**_fields(row, _USER, f"users[{n}]")) for n, row in enumerate(_rows(found, "users"))]
        items = [Item(**_fields(row, _TASK, f"tasks[{n}]")) for n, row in enumerate(_rows(found, "tasks"))]
        _check_ids(users, items)
    except ValueError as error:
        raise TaskmasterError(f"{shown(path)} cannot be imported: {error}. Nothing was changed.") from error
    return users, items


def _rows(found: dict[str, Any], key: str) -> list[Any]:
    rows = found.get(key, [])
    if not isinstance(rows, list):
        raise ValueError(f"{key} is not a list")
    return rows


def _fields(row: Any, fields: dict[str, type], place: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError(f"{place} is not an object")
    if unknown := sorted(set(row) - set(fields)):
        raise ValueError(f"{place} has {', '.join(unknown)}, which this taskmaster does not know")
    values = {name: _value(row.get(name), kind, f"{place}.{name}") for name, kind in fields.items()}
    for name in ("id", "title", "username", "created_at"):
        if name in fields and values[name] is None and not (name == "created_at" and fields is _TASK):
            raise ValueError(f"{place}.{name} is missing")
    if values.get("priority") not in {None, *PRIORITIES}:
        raise ValueError(f"{place}.priority is none of {', '.join(PRIORITIES)}")
    return values


def _value(value: Any, kind: type, place: str) -> Any:
    if value is None:
        return None
    try:
        if kind is datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        elif kind is date:
            return date.fromisoformat(value)
        elif type(value) is kind:
            if isinstance(value, str):
                value.encode("utf-8")  # JSON can write half a character, which no database keeps
            return value
    except (TypeError, ValueError, OverflowError):
        pass
    wanted = {datetime: "a moment with its offset", date: "a date like 2026-03-06", bool: "true or false",
              int: "a number", str: "text"}[kind]  # fmt: skip
    raise ValueError(f"{place} is not {wanted}")


def _check_ids(users: list[Person], items: list[Item]) -> None:
    for name, rows in (("users", users), ("tasks", items)):
        ids = [row.id for row in rows]
        if len(set(ids)) < len(ids):
            raise ValueError(f"two {name} have the same id")
        if any(not 0 < id_ <= HIGHEST for id_ in ids):
            raise ValueError(f"{name} have ids that are not between 1 and {HIGHEST}")


# ----------------------------------------------------------------------------------------- loading


def load(session: Session, users: list[Person], items: list[Item]) -> Imported:
    """Add what an export holds. Ids stay where they are free; a task whose id is taken gets a new one.

    What is there already, the same in everything, is not added again. Raises NeedsRevisionError where
    the schema could not hold all of it, ImportConflictError where a user contradicts one who is there.
    """
    schema(session).require(*_needs(users, items))
    owners, added_users = _load_users(session, users)
    moved = [replace(item, owner_id=_owner(item, owners, session)) for item in items]
    there = {item.id: item for item in listing(session, Wanted(), sort="id").items}
    missing = [item for item in moved if not _is_same(item, there.get(item.id))]
    new_ids = _free_ids((item.id for item in missing), set(there) | {item.id for item in moved}, set(there))
    added = [replace(item, id=new_ids.get(item.id, item.id)) for item in missing]
    _insert(session, models(session).task, [_row(session, item) for item in added])
    names = [user.username for user in added_users]
    return Imported(names, added, len(items) - len(added), new_ids)


def _needs(users: list[Person], items: list[Item]) -> set[str]:
    """The features without which something of this would be lost."""
    needs = {"import"}
    needs |= {"user add"} if users else set()
    for item in items:
        needs |= {
            feature
            for feature, is_needed in (
                ("done", item.done),
                ("--due", item.due_on),
                ("--category", item.category is not None),
                ("--sort created", item.created_at),
                ("--owner", item.owner_id),
                ("--priority", item.priority not in {None, "normal"}),
                (URGENT, item.priority == "urgent"),
            )
            if is_needed
        }
    return needs


def _load_users(session: Session, users: list[Person]) -> tuple[dict[int, int], list[Person]]:
    """Add the users who are missing. Returns the id here for each id there, and those who were added."""
    if not users:
        return {}, []
    is_unique = schema(session).has(UNIQUE_NAMES)
    if is_unique:
        _refuse_namesakes(users)
    there = people(session)
    same = {user.id: _same_person(user, there, is_unique=is_unique) for user in users}
    missing = [user for user in users if same[user.id] is None]
    taken = {user.id for user in there}
    new = _free_ids((user.id for user in missing), taken | {user.id for user in users}, taken)
    added = [replace(user, id=new.get(user.id, user.id)) for user in missing]
    _insert(session, models(session).user, [{key: getattr(user, key) for key in _USER} for user in added])
    ids = {user.id: new.get(user.id, user.id) for user in missing}
    return ids | {id_: found.id for id_, found in same.items() if found is not None}, added


def _refuse_namesakes(users: list[Person]) -> None:
    names = [user.username for user in users]
    shared = next((name for name in names if names.count(name) > 1), None)
    if shared is not None:
        raise ImportConflictError(
            f'Several users of the import are called "{shared}", and here a name is one user. Nothing was '
            "changed. Import into a database at revision 0007 and upgrade that one: it makes them one."
        )


def _same_person(user: Person, there: list[Person], *, is_unique: bool) -> Person | None:
    """The one who is here already. Where names are unique, another address under the same name is refused."""
    namesakes = sorted((t for t in there if t.username == user.username), key=lambda t: t.id != user.id)
    for other in namesakes:
        if (other.email, other.created_at) == (user.email, user.created_at):
            return other
    if not (namesakes and is_unique):
        return None
    if namesakes[0].email != user.email:
        raise ImportConflictError(
            f'The user "{user.username}" of the import has the e-mail address {user.email or "(none)"}, '
            f"and the one who is here {namesakes[0].email or '(none)'}: they may be two people. "
            "Nothing was changed."
        )
    return namesakes[0]


def _owner(item: Item, owners: dict[int, int], session: Session) -> int | None:
    if item.owner_id is None or item.owner_id in owners:
        return owners.get(item.owner_id or 0)
    user = models(session).user
    name = session.scalar(select(user.username).where(user.id == item.owner_id))
    if name is None or name != item.owner:
        raise ImportConflictError(
            f'Task {item.id} belongs to user {item.owner_id} ("{item.owner}"), '
            "who is neither in the import nor here. Nothing was changed."
        )
    return item.owner_id


def _is_same(item: Item, other: Item | None) -> bool:
    """Whether all that ITEM says is so already; what it says nothing of, does not count."""
    if other is None:
        return False
    said = [name for name in _TASK if name != "owner" and getattr(item, name) is not None]
    return all(getattr(item, name) == getattr(other, name) for name in said)


def _free_ids(wanted: Iterable[int], reserved: set[int], taken: set[int]) -> dict[int, int]:
    """A new id for each that is wanted but taken: above all of them."""
    highest = max(reserved, default=0)
    return {id_: highest + n for n, id_ in enumerate((id_ for id_ in wanted if id_ in taken), start=1)}


def _row(session: Session, item: Item) -> dict[str, Any]:
    """The columns of a task that the schema has; None is left to the database's default where it has one."""
    row: dict[str, Any] = {"id": item.id, "title": item.title}
    here = schema(session)
    if here.has("done"):
        row |= {"done": bool(item.done), "due_on": item.due_on, "category": item.category}
    if here.has("--sort created"):
        row["created_at"] = item.created_at or clock.now()
    if here.has("--owner"):
        row["owner_id"] = item.owner_id
    if here.has("--priority"):
        row["priority"] = PRIORITIES.index(item.priority or "normal") + 1
    return row


def _insert(session: Session, class_: Any, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    session.execute(insert(class_), rows)
    if session.get_bind().dialect.name == "postgresql":  # ids that are given do not move its sequence
        table = inspect(class_).local_table.name
        highest = session.scalar(select(func.max(class_.id)))
        session.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :highest)"),
            {"table": table, "highest": highest},
        )
