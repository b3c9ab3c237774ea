"""Export and import, as JSON, without losing anything."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.orm import Session

from taskmaster import clock, tags, upkeep
from taskmaster.database import shown
from taskmaster.errors import ImportConflictError, TaskmasterError
from taskmaster.ids import HIGHEST
from taskmaster.mapping import models, schema
from taskmaster.schema import BY_ID, PRIORITIES, UNIQUE_NAMES, URGENT, Schema
from taskmaster.spelling import fold, tidy
from taskmaster.tasks import RETIRED_CATEGORY, Item, Person, Profile, Removed, Wanted, listing, people
from taskmaster.views import as_json

FORMAT = 1
_TASK: dict[str, type] = {
    "id": int, "title": str, "done": bool, "due_on": date, "category": str,
    "created_at": datetime, "owner_id": int, "owner": str, "priority": str,
    "tags": list, "estimate": int, "notes": str,
}  # fmt: skip
_USER: dict[str, type] = {
    "id": int, "username": str, "email": str, "created_at": datetime, "profile": dict,
}  # fmt: skip
_PROFILE: dict[str, type] = {"id": int, "full_name": str, "about": str, "created_at": datetime}
_TAG: dict[str, type] = {"id": int, "name": str}
_NEVER_NONE = {"id", "title", "username", "name"}


@dataclass(frozen=True)
class Tag:
    """A tag of an export: one that no task has is told by this alone."""

    id: int
    name: str


@dataclass(frozen=True)
class Export:
    """What an export holds; REVISION is that of the database it came from, where it says so."""

    users: list[Person]
    items: list[Item]
    tags: list[Tag]
    revision: str

    @property
    def has_retired_category(self) -> bool:
        """Whether its categories, if it has any, were kept for the way back only: they are tags already."""
        heads = frozenset(self.revision.split(" and ")) & set(BY_ID)
        return Schema(heads).has_retired("--category")


@dataclass(frozen=True)
class Imported:
    """What an import brought; tasks that were there already, the same in everything, are only counted.

    `profiles_kept` are users who are here with another profile than in the import: that one stays.
    `categories_as_tags` counts the tasks whose category has no place here, where it is a tag.
    """

    users: list[str]
    items: list[Item]
    already: int
    new_ids: dict[int, int]
    profiles_kept: list[str] = field(default_factory=list)
    categories_as_tags: int = 0


def everything(session: Session) -> str:
    """All tasks, users and tags as JSON that `load` reads; the same text for the same rows."""
    here = schema(session)
    users = people(session) if here.has("user list") else []
    words = [Tag(tag.id, tag.name) for tag in tags.everyone(session)] if here.has("tags") else []
    return document(here.position, users, listing(session, Wanted(), sort="id").items, words)


def document(revision: str, users: Iterable[Person], items: Iterable[Item], words: Iterable[Tag] = ()) -> str:
    """Tasks, users and tags as an export."""
    return as_json(
        {
            "taskmaster": FORMAT,
            "revision": revision,
            "users": [
                {key: getattr(user, key) for key in _USER} for user in sorted(users, key=lambda u: u.id)
            ],
            "tags": sorted(words, key=lambda tag: tag.id),
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


def read(path: Path) -> Export:
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
        return _export(found)
    except ValueError as error:
        raise TaskmasterError(f"{shown(path)} cannot be imported: {error}. Nothing was changed.") from error


def _export(found: dict[str, Any]) -> Export:
    users = [Person(**_fields(row, _USER, f"users[{n}]")) for n, row in enumerate(_rows(found, "users"))]
    words = [Tag(**_fields(row, _TAG, f"tags[{n}]")) for n, row in enumerate(_rows(found, "tags"))]
    items = [Item(**_fields(row, _TASK, f"tasks[{n}]")) for n, row in enumerate(_rows(found, "tasks"))]
    _check_ids("users", users)
    _check_ids("profiles", [user.profile for user in users if user.profile])
    _check_ids("tags", words)
    _check_ids("tasks", items)
    return Export(users, items, words, str(found.get("revision")))


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
    for name in _NEVER_NONE | (set() if fields is _TASK else {"created_at"}):
        if name in fields and values[name] is None:
            raise ValueError(f"{place}.{name} is missing")
    if fields is _TAG and not fold(values["name"]):
        raise ValueError(f"{place}.name is empty")
    if values.get("estimate") is not None and not 0 < values["estimate"] <= HIGHEST:
        raise ValueError(f"{place}.estimate is not between 1 and {HIGHEST}")
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
        elif kind is dict and isinstance(value, dict):
            return Profile(**_fields(value, _PROFILE, place))
        elif kind is list and isinstance(value, list):
            if all(isinstance(name, str) and fold(name) and _can_be_kept(name) for name in value):
                return value
        elif type(value) is kind and (not isinstance(value, str) or _can_be_kept(value)):
            return value
    except (TypeError, ValueError, OverflowError):
        if kind is dict:
            raise
    wanted = {datetime: "a moment with its offset", date: "a date like 2026-03-06", bool: "true or false",
              int: "a number", str: "text that can be kept", dict: "an object",
              list: "a list of names that can be kept"}[kind]  # fmt: skip
    raise ValueError(f"{place} is not {wanted}")


def _can_be_kept(text: str) -> bool:
    """Whether every database can keep it: JSON can write half a character, and PostgreSQL takes no NUL."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _check_ids(what: str, rows: Sequence[Any]) -> None:
    ids = [row.id for row in rows]
    if len(set(ids)) < len(ids):
        raise ValueError(f"two {what} have the same id")
    if any(not 0 < id_ <= HIGHEST for id_ in ids):
        raise ValueError(f"{what} have ids that are not between 1 and {HIGHEST}")


# ----------------------------------------------------------------------------------------- loading


def load(session: Session, export: Export) -> Imported:
    """Add what an export holds. Ids stay where they are free; a task whose id is taken gets a new one.

    What is there already, the same in everything, is not added again. Where the category is retired, one of
    an older export becomes a tag, as revision 0013 makes it. Raises NeedsRevisionError where the schema could
    not hold all of it, ImportConflictError where a user contradicts one who is there.
    """
    schema(session).require(*_needs(export, schema(session)))
    owners, added_users = _load_users(session, export.users)
    profiles_kept = _load_profiles(session, export.users, owners)
    _load_tags(session, export.tags)
    told = _with_tags_for_categories(export, schema(session))
    moved = [replace(item, owner_id=_owner(item, owners, session)) for item in told]
    there = {item.id: item for item in listing(session, Wanted(), sort="id").items}
    has_tags = {item.id: item.tags is not None for item in export.items}
    missing = [item for item in moved if not _is_same(item, there.get(item.id), all_tags=has_tags[item.id])]
    new_ids = _free_ids((item.id for item in missing), set(there) | {item.id for item in moved}, set(there))
    added = [replace(item, id=new_ids.get(item.id, item.id)) for item in missing]
    _load_tasks(session, added)
    return Imported(
        [user.username for user in added_users],
        added,
        len(export.items) - len(added),
        new_ids,
        profiles_kept,
        _without_category(export.items, added, new_ids),
    )


def _without_category(told: list[Item], added: list[Item], new_ids: dict[int, int]) -> int:
    """How many of the tasks that were ADDED had a category that is only a tag here."""
    lost = {item.id for item in added if item.category is None}
    return sum(new_ids.get(item.id, item.id) in lost for item in told if fold(item.category or ""))


def _needs(export: Export, here: Schema) -> set[str]:
    """The features without which something of this would be lost."""
    needs = {"import"}
    needs |= {"user add"} if export.users else set()
    needs |= {"user profile"} if any(user.profile for user in export.users) else set()
    needs |= {"--tag"} if export.tags else set()
    for item in export.items:
        needs |= {
            feature
            for feature, is_needed in (
                ("done", item.done),
                ("--due", item.due_on),
                ("--category", item.category is not None and not here.has_retired("--category")),
                ("--sort created", item.created_at),
                ("--owner", item.owner_id),
                ("--priority", item.priority not in {None, "normal"}),
                (URGENT, item.priority == "urgent"),
                ("--tag", item.tags),
                ("--estimate", item.estimate),
                ("--note", item.notes is not None),
            )
            if is_needed
        }
    return needs


def _with_tags_for_categories(export: Export, here: Schema) -> list[Item]:
    """The tasks as this database holds them: with a tag in place of a category that is retired."""
    if not here.has_retired("--category"):
        return export.items
    votes: dict[str, Counter[str]] = {}
    if not export.has_retired_category:
        for item in export.items:
            votes.setdefault(fold(item.category or ""), Counter())[tidy(item.category or "")] += 1
    names = {folded: names.most_common(1)[0][0] for folded, names in votes.items() if folded}
    keeps_category = here.has_column("retired_category.category")
    return [
        replace(
            item,
            category=item.category if keeps_category else None,
            tags=_with(item.tags, names.get(fold(item.category or ""))),
        )
        for item in export.items
    ]


def _with(words: list[str] | None, name: str | None) -> list[str] | None:
    if name is None or fold(name) in map(fold, words or ()):
        return words
    return [*(words or ()), name]


def _load_tags(session: Session, words: list[Tag]) -> None:
    """Add the tags that are missing, under the ids that they had as far as those are free."""
    if not words:
        return
    there = tags.everyone(session)
    known = {fold(tag.name) for tag in there}
    missing = list({fold(tag.name): tag for tag in words if fold(tag.name) not in known}.values())
    taken = {tag.id for tag in there}
    new = _free_ids((tag.id for tag in missing), taken | {tag.id for tag in words}, taken)
    _insert(
        session,
        models(session).tag,
        [{"id": new.get(tag.id, tag.id), "name": tag.name, "folded": fold(tag.name)} for tag in missing],
    )


def _load_profiles(session: Session, users: list[Person], ids: dict[int, int]) -> list[str]:
    """Add the profiles of users who have none here. Returns the names of those who have another one here."""
    told = {ids[user.id]: user.profile for user in users if user.profile}
    if not told:
        return []
    there = {person.id: person for person in people(session)}
    missing = {id_: profile for id_, profile in told.items() if there[id_].profile is None}
    taken = {person.profile.id for person in there.values() if person.profile}
    new = _free_ids(
        (profile.id for profile in missing.values()), taken | {p.id for p in told.values()}, taken
    )
    rows = [
        {
            "user_id": id_,
            **{key: getattr(profile, key) for key in _PROFILE},
            "id": new.get(profile.id, profile.id),
        }
        for id_, profile in missing.items()
    ]
    _insert(session, models(session).profile, rows)
    others = (there[id_] for id_, profile in told.items() if id_ not in missing)
    return [other.username for other in others if not _says_the_same(other.profile, told[other.id])]


def _says_the_same(one: Profile | None, other: Profile) -> bool:
    return one is not None and (one.full_name, one.about) == (other.full_name, other.about)


def _load_tasks(session: Session, items: list[Item]) -> None:
    """Add tasks, with what is theirs in other tables."""
    _insert(session, models(session).task, [_row(session, item) for item in items])
    its_tasks: dict[str, list[int]] = {}
    for item in items:
        for name in item.tags or ():
            its_tasks.setdefault(name, []).append(item.id)
    for name, ids in its_tasks.items():
        tags.give(session, ids, [name])
    categories = [
        {"task_id": item.id, "category": item.category} for item in items if item.category is not None
    ]
    if categories and schema(session).has_retired("--category"):
        session.execute(insert(RETIRED_CATEGORY), categories)


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
    columns = [key for key in _USER if key != "profile"]
    _insert(session, models(session).user, [{key: getattr(user, key) for key in columns} for user in added])
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


def _is_same(item: Item, other: Item | None, *, all_tags: bool) -> bool:
    """Whether all that ITEM says is so already; what it says nothing of, does not count.

    Where its tags are not ALL_TAGS, because its category is one of several, it says nothing of the others.
    """
    if other is None:
        return False
    said = [name for name in _TASK if name not in {"owner", "tags"} and getattr(item, name) is not None]
    has, should_have = ({fold(name) for name in words or ()} for words in (other.tags, item.tags))
    same_tags = has == should_have if all_tags else has >= should_have
    return same_tags and all(getattr(item, name) == getattr(other, name) for name in said)


def _free_ids(wanted: Iterable[int], reserved: set[int], taken: set[int]) -> dict[int, int]:
    """A new id for each that is wanted but taken: above all of them."""
    highest = max(reserved, default=0)
    return {id_: highest + n for n, id_ in enumerate((id_ for id_ in wanted if id_ in taken), start=1)}


def _row(session: Session, item: Item) -> dict[str, Any]:
    """The columns of a task that the schema has; None is left to the database's default where it has one."""
    row: dict[str, Any] = {"id": item.id, "title": item.title}
    here = schema(session)
    if here.has("done"):
        row |= {"done": bool(item.done), "due_on": item.due_on}
    if here.has("--category"):
        row["category"] = item.category
    if here.has("--sort created"):
        row["created_at"] = item.created_at or clock.now()
    if here.has("--owner"):
        row["owner_id"] = item.owner_id
    if here.has("--priority"):
        row["priority"] = PRIORITIES.index(item.priority or "normal") + 1
    if here.has("--estimate"):
        row["estimate"] = item.estimate
    if here.has("--note"):
        row["notes"] = item.notes
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
