"""What one can do with tasks and users. Functions that take a Session; no input, no output.

Every function works at every revision that has what it is about: what else the schema does not have is
None in what comes out. Whoever calls says first what is needed (`database.opened`, `Schema.require`).
An exception leaves nothing half done, because the caller's transaction is then undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from taskmaster import clock
from taskmaster.errors import NoSuchTaskError, UnfitDatabaseError, UserError, WouldLoseTasksError
from taskmaster.ids import HIGHEST, Span, compress
from taskmaster.mapping import models, schema
from taskmaster.models import User
from taskmaster.schema import PRIORITIES, TASKS_OUTLIVE_OWNER, UNIQUE_NAMES
from taskmaster.views import quoted

NOBODY = "none"  # written in place of an owner


@dataclass(frozen=True)
class Item:
    """A task as it is shown. What the schema does not have, or nobody gave, is None."""

    id: int
    title: str
    done: bool | None = None
    due_on: date | None = None
    category: str | None = None
    created_at: datetime | None = None
    owner_id: int | None = None
    owner: str | None = None
    priority: str | None = None

    def is_overdue(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today and not self.done


@dataclass(frozen=True)
class Person:
    """A user as they are shown; the counts are None before tasks have owners."""

    id: int
    username: str
    email: str | None
    created_at: datetime
    open: int | None = None
    all: int | None = None


@dataclass(frozen=True)
class Wanted:
    """Which tasks a list holds. None does not ask; `due` means on or before, and `undated` without a date."""

    done: bool | None = None
    owner: str | None = None
    category: str | None = None
    due: date | None = None
    due_after: date | None = None
    undated: bool = False
    text: str | None = None


@dataclass(frozen=True)
class Listing:
    """The tasks that fit in the limit, and how many there are in all."""

    items: list[Item]
    total: int
    overdue: int


@dataclass(frozen=True)
class Agenda:
    """What is due, and some of what has no date."""

    overdue: Listing
    today: Listing
    soon: Listing
    undated: Listing
    later: int


@dataclass(frozen=True)
class Removed:
    """What was removed, in full."""

    people: list[Person] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    orphans: list[Item] = field(default_factory=list)


# ---------------------------------------------------------------------------------------- looking


def listing(session: Session, wanted: Wanted, sort: str = "urgency", limit: int | None = None) -> Listing:
    """The tasks that are WANTED, in the order of SORT, no more than LIMIT of them."""
    conditions = _conditions(session, wanted)
    query = _items(session).where(*conditions).order_by(*_order(session, sort))
    items = _fetch(session, query.limit(limit + 1 if limit is not None else None))
    today = clock.today()
    if limit is None or len(items) <= limit:
        return Listing(items, len(items), sum(item.is_overdue(today) for item in items))
    total, overdue = _count(session, conditions), 0
    if schema(session).has("--due"):
        task = models(session).task
        overdue = _count(session, [*conditions, task.due_on < today, task.done.is_(False)])
    return Listing(items[:limit], total, overdue)


def agenda(session: Session, limit: int | None) -> Agenda:
    """What to do now: up to LIMIT tasks that are overdue, due today, due within a week, or have no date."""
    today = clock.today()
    yesterday, week = today - timedelta(days=1), today + timedelta(days=7)

    def find(**wanted: Any) -> Listing:
        return listing(session, Wanted(done=False, **wanted), limit=limit)

    later = _conditions(session, Wanted(done=False, due_after=week))
    return Agenda(
        overdue=find(due=yesterday),
        today=find(due=today, due_after=yesterday),
        soon=find(due=week, due_after=today),
        undated=find(undated=True),
        later=_count(session, later),
    )


def found(session: Session, spans: Iterable[Span]) -> list[Item]:
    """The tasks with these ids, in their order; raises NoSuchTaskError when one is not there."""
    spans = list(spans)
    ids = models(session).task.id
    items = _fetch(session, _items(session).where(_within(ids, spans)).order_by(ids))
    _refuse_unknown(spans, {item.id for item in items})
    return items


def categories(session: Session) -> list[str]:
    """Every category that a task has."""
    column = models(session).task.category
    return [name for name in session.scalars(select(column).distinct().order_by(column)) if name]


def _items(session: Session) -> Select[Any]:
    """SELECT what Item holds, as far as it is there: never more columns than are shown."""
    task, here = models(session).task, schema(session)
    there = [name for name in _COLUMNS if here.has_column(f"tasks.{name}")]
    query = select(*(getattr(task, name).label(name) for name in there)).select_from(task)
    if "owner_id" not in there:
        return query
    user = models(session).user
    return query.add_columns(user.username.label("owner")).outerjoin(user, user.id == task.owner_id)


_COLUMNS = ("id", "title", "done", "due_on", "category", "created_at", "owner_id", "priority")


def _fetch(session: Session, query: Select[Any]) -> list[Item]:
    with _values_are_ours():
        return [_item(dict(row)) for row in session.execute(query).mappings()]


def _item(row: dict[str, Any]) -> Item:
    if not isinstance(row["title"], str):
        raise TypeError(f"the title of task {row['id']} is not text")
    if "priority" in row:
        row["priority"] = _priority(row["priority"])
    return Item(**row)


def _priority(number: int) -> str:
    if not 1 <= number <= len(PRIORITIES):
        raise ValueError(f"{number} is no priority")
    return PRIORITIES[number - 1]


@contextmanager
def _values_are_ours() -> Iterator[None]:
    """Say in a sentence that a row holds what taskmaster cannot read. SQLite keeps any value anywhere."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UnfitDatabaseError(
            f"The database holds a value that taskmaster did not write: {error}. Nothing was changed."
        ) from error


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    task = models(session).task
    return session.scalar(select(func.count()).select_from(task).where(*conditions)) or 0


def _conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    task = models(session).task
    conditions: list[ColumnElement[bool]] = []
    if wanted.done is not None and schema(session).has("done"):
        conditions.append(task.done.is_(wanted.done))
    if wanted.category is not None:
        conditions.append(_same(task.category, wanted.category))
    if wanted.owner is not None:
        conditions.append(task.owner_id == _owner_id(session, wanted.owner))
    if wanted.due is not None:
        conditions.append(task.due_on <= wanted.due)
    if wanted.due_after is not None:
        conditions.append(task.due_on > wanted.due_after)
    if wanted.undated:
        conditions.append(task.due_on.is_(None))
    if wanted.text is not None:
        conditions.append(func.lower(task.title).contains(wanted.text.lower(), autoescape=True))
    return conditions


def _same(column: Any, value: str) -> ColumnElement[bool]:
    """Equal, "none" being nothing: no value, or an empty one."""
    if value == NOBODY:
        return or_(column.is_(None), column == "")
    return func.lower(column) == value.lower()


def _order(session: Session, sort: str) -> list[ColumnElement[Any]]:
    """The ORDER BY of a list. "urgency" does not depend on the day, so an index can hold it."""
    task, here = models(session).task, schema(session)
    by_priority = [task.priority.desc()] if here.has("--priority") else []
    by_due = [task.due_on.is_(None), task.due_on] if here.has("--due") else []
    orders: dict[str, list[Any]] = {
        "urgency": [*by_priority, *by_due],
        "due": [*by_due, *by_priority],
        "priority": [*by_priority, *by_due],
        "created": [task.created_at.desc()] if sort == "created" else [],
        "title": [func.lower(task.title)],
        "id": [],
    }
    return [*orders[sort], task.id.desc() if sort == "created" else task.id]


def _within(column: Any, spans: Sequence[Span]) -> ColumnElement[bool]:
    single = [span.first for span in spans if span.is_one and span.first <= HIGHEST]
    ranges = [
        column.between(min(span.first, HIGHEST), min(span.last, HIGHEST)) for span in spans if not span.is_one
    ]
    return or_(column.in_(single), *ranges)


def _refuse_unknown(spans: Iterable[Span], there: set[int]) -> None:
    unknown = [
        str(span.first) if span.is_one else f"{span.first}-{span.last}"
        for span in spans
        if (
            span.first not in there
            if span.is_one
            else not any(span.first <= id_ <= span.last for id_ in there)
        )
    ]
    if unknown:
        what = "is no task" if len(unknown) == 1 else "are no tasks"
        raise NoSuchTaskError(f"There {what} {', '.join(unknown)}. Nothing was changed.")


# --------------------------------------------------------------------------------------- changing


def add(
    session: Session,
    title: str,
    *,
    due: date | None = None,
    category: str | None = None,
    priority: str | None = None,
    owner: str | None = None,
) -> Item:
    """Write down a new task. Raises UserError when OWNER is not exactly one user."""
    given = {"title": title} | _values(session, due=due, category=category, priority=priority, owner=owner)
    if schema(session).has_column("tasks.created_at"):
        given["created_at"] = clock.now()
    task = models(session).task(**given)
    session.add(task)
    session.flush()
    return found(session, [Span(task.id, task.id)])[0]


def edit(session: Session, spans: Iterable[Span], **changes: Any) -> tuple[list[Item], list[Item]]:
    """Change what CHANGES names (title, due, category, priority, owner); None takes it away.

    Returns the tasks as they were and as they are. Raises UserError when the owner is not exactly one user.
    """
    before = found(session, spans)
    title = {"title": changes.pop("title")} if "title" in changes else {}
    return before, _set(session, before, **title, **_values(session, cleared=True, **changes))


def mark(session: Session, spans: Iterable[Span], *, done: bool) -> tuple[list[Item], list[Item]]:
    """Finish tasks, or open them again. Returns those that changed, and those that were so already."""
    items = found(session, spans)
    to_change = [item for item in items if item.done != done]
    return _set(session, to_change, done=done), [item for item in items if item.done == done]


def remove(session: Session, spans: Iterable[Span]) -> Removed:
    """Remove tasks; returns them as they were."""
    items = found(session, spans)
    _remove(session, items)
    return Removed(items=items)


def _values(session: Session, *, cleared: bool = False, **given: Any) -> dict[str, Any]:
    """Column values for what was GIVEN; None is left out unless it means "take it away"."""
    values: dict[str, Any] = {}
    if "due" in given:
        values["due_on"] = given["due"]
    if "category" in given:
        values["category"] = given["category"]
    if (priority := given.get("priority")) is not None:
        values["priority"] = PRIORITIES.index(priority) + 1
    if "owner" in given:
        values["owner_id"] = _owner_id(session, given["owner"]) if given["owner"] is not None else None
    return values if cleared else {key: value for key, value in values.items() if value is not None}


CHUNK = 500  # ids in one statement; databases limit how many values one may have


def _chunks(items: Sequence[Item]) -> Iterable[list[int]]:
    return ([item.id for item in items[at : at + CHUNK]] for at in range(0, len(items), CHUNK))


def _set(session: Session, items: Sequence[Item], **values: Any) -> list[Item]:
    task, changed = models(session).task, []
    for ids in _chunks(items):
        session.execute(
            update(task).where(task.id.in_(ids)).values(**values),
            execution_options={"synchronize_session": False},
        )
        changed += _fetch(session, _items(session).where(task.id.in_(ids)).order_by(task.id))
    return changed


def _remove(session: Session, items: Sequence[Item]) -> None:
    task = models(session).task
    for ids in _chunks(items):
        session.execute(
            delete(task).where(task.id.in_(ids)), execution_options={"synchronize_session": False}
        )


# ------------------------------------------------------------------------------------------ users


def people(session: Session) -> list[Person]:
    """All users, by name, with how many tasks they have."""
    user = models(session).user
    counts = _counts(session)
    with _values_are_ours():
        return [
            _person(row, counts)
            for row in session.scalars(select(user).order_by(func.lower(user.username), user.id))
        ]


def user_called(session: Session, name: str, *, suggest_adding: bool = True) -> User:
    """The user of this NAME, or with this id.

    Raises UserError when there is none, and when several share the name (before 0008); it says their ids,
    or how to add the one who is missing (SUGGEST_ADDING).
    """
    user = models(session).user
    matches = list(session.scalars(select(user).where(user.username == name).order_by(user.id).limit(50)))
    if len(matches) > 1:
        ids = ", ".join(str(match.id) for match in matches)
        raise UserError(f'{len(matches)} users are called "{name}": {ids}. Say which one by the id.')
    if not matches and name.isascii() and name.isdigit() and int(name) <= HIGHEST:
        matches = list(session.scalars(select(user).where(user.id == int(name))))
    if not matches:
        raise UserError(f'There is no user "{name}". {_suggestion(session, name, adding=suggest_adding)}')
    return matches[0]


def add_user(session: Session, name: str, email: str | None = None) -> Person:
    """Add a user. Raises UserError when NAME is taken, from revision 0008 on."""
    user = models(session).user
    taken = session.scalar(select(user.id).where(user.username == name).limit(1))
    if taken is not None and schema(session).has(UNIQUE_NAMES):
        raise UserError(f'There is a user "{name}" already: {taken}. Nothing was changed.')
    new = user(username=name, email=email, created_at=clock.now())
    session.add(new)
    try:
        session.flush()
    except IntegrityError:  # somebody else was faster
        raise UserError(f'There is a user "{name}" already. Nothing was changed.') from None
    return _person(new, _counts(session))


def remove_users(session: Session, names: Iterable[str], *, with_tasks: bool = False) -> Removed:
    """Remove users. Their tasks stay, without an owner, unless WITH_TASKS.

    Before 0010 the database removes the tasks of a removed user: then this raises WouldLoseTasksError
    if there are any, unless WITH_TASKS.
    """
    users = {user.id: user for user in (user_called(session, name, suggest_adding=False) for name in names)}
    counts = _counts(session)
    people = [_person(user, counts) for user in users.values()]
    theirs = _tasks_of(session, list(users))
    keeps = schema(session).has(TASKS_OUTLIVE_OWNER)
    if theirs and not (with_tasks or keeps):
        raise WouldLoseTasksError(_would_lose(session, people, theirs))
    if with_tasks:
        _remove(session, theirs)
    for user in users.values():
        session.delete(user)
        session.flush()
    return Removed(people=people, items=theirs if with_tasks else [], orphans=[] if with_tasks else theirs)


def _tasks_of(session: Session, owners: list[int]) -> list[Item]:
    if not schema(session).has("--owner"):
        return []
    task = models(session).task
    return _fetch(session, _items(session).where(task.owner_id.in_(owners)).order_by(task.id))


def _would_lose(session: Session, people: list[Person], theirs: list[Item]) -> str:
    names = " ".join(_exactly(session, person) for person in people)
    tasks = f"{len(theirs)} task{'s' if len(theirs) != 1 else ''}"
    return (
        f"Removing {names} would remove {tasks} too: at revision {schema(session).position} the tasks of "
        "a user go with them. Nothing was changed.\n"
        f"Remove both: taskmaster user rm {names} --with-tasks\n"
        f"Keep the tasks: taskmaster assign {compress(item.id for item in theirs)} none, "
        f"and then remove {names}; or run: alembic upgrade 0010"
    )


def _exactly(session: Session, person: Person) -> str:
    """What to type for this person: the name, or the id where others share it."""
    user = models(session).user
    namesakes = session.scalar(select(func.count()).where(user.username == person.username)) or 0
    return quoted(person.username) if namesakes == 1 else str(person.id)


def _owner_id(session: Session, name: str) -> int | None:
    return None if name == NOBODY else user_called(session, name).id


def _suggestion(session: Session, name: str, *, adding: bool) -> str:
    user = models(session).user
    close = get_close_matches(name, session.scalars(select(user.username).limit(1000)).all(), n=3)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    if not adding or name.isdigit():  # a number would be an id, and cannot be a name
        return "All there are: taskmaster user list"
    return f"Add one: taskmaster user add {quoted(name)}"


def _counts(session: Session) -> dict[int, tuple[int, int]] | None:
    """For each owner how many tasks are open, and how many there are; None before tasks have owners."""
    if not schema(session).has("--owner"):
        return None
    task = models(session).task
    rows = session.execute(select(task.owner_id, task.done, func.count()).group_by(task.owner_id, task.done))
    counts: dict[int, tuple[int, int]] = {}
    for owner_id, done, count in rows:
        open_, all_ = counts.get(owner_id or 0, (0, 0))
        counts[owner_id or 0] = (open_ + (0 if done else count), all_ + count)
    return counts


def _person(user: User, counts: dict[int, tuple[int, int]] | None) -> Person:
    open_, all_ = counts.get(user.id, (0, 0)) if counts is not None else (None, None)
    return Person(user.id, user.username, user.email, user.created_at, open_, all_)


# ------------------------------------------------------------------------------------------ stats


@dataclass(frozen=True)
class Stats:
    """How it stands, in numbers; of the groups, open tasks are counted. None: the schema cannot tell."""

    open: int
    done: int
    overdue: int
    due_this_week: int
    added_this_week: int
    by_category: dict[str, int]
    by_owner: dict[str, int] | None
    by_priority: dict[str, int] | None


def stats(session: Session) -> Stats:
    """Count the tasks; a week is the coming, or the last, seven days."""
    task, here, today = models(session).task, schema(session), clock.today()
    open_ = task.done.is_(False)
    return Stats(
        open=_count(session, [open_]),
        done=_count(session, [task.done.is_(True)]),
        overdue=_count(session, [open_, task.due_on < today]),
        due_this_week=_count(session, [open_, task.due_on.between(today, today + timedelta(days=7))]),
        added_this_week=_count(session, [task.created_at > clock.now() - timedelta(days=7)]),
        by_category=_groups(session, func.coalesce(task.category, "")),
        by_owner=_by_owner(session) if here.has("--owner") else None,
        by_priority=_by_priority(session) if here.has("--priority") else None,
    )


def _groups(session: Session, key: Any) -> dict[Any, int]:
    task = models(session).task
    count = func.count()
    query = select(key, count).where(task.done.is_(False)).group_by(key).order_by(count.desc(), key)
    return dict(session.execute(query).all())


def _by_owner(session: Session) -> dict[str, int]:
    names = {person.id: person.username for person in people(session)}
    by_id = _groups(session, models(session).task.owner_id)
    counts: dict[str, int] = {}
    for id_, number in by_id.items():  # before 0008 several may have one name
        counts[names.get(id_, "")] = counts.get(names.get(id_, ""), 0) + number
    return counts


def _by_priority(session: Session) -> dict[str, int]:
    counts = _groups(session, models(session).task.priority)
    with _values_are_ours():
        return {_priority(number): counts[number] for number in sorted(counts, reverse=True)}
