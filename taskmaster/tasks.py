"""What one can do with tasks and users. Functions that take a Session; no input, no output.

Every function works at every revision that has what it is about: what else the schema does not have is
None in what comes out. Whoever calls says first what is needed (`database.opened`, `Schema.require`).
An exception leaves nothing half done, because the caller's transaction is then undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, Select, column, delete, false, func, or_, select, table, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from taskmaster import clock, tags
from taskmaster.errors import NoSuchTaskError, UserError, WouldLoseTasksError, values_are_ours
from taskmaster.ids import HIGHEST, Span, compress
from taskmaster.mapping import models, schema
from taskmaster.models import User
from taskmaster.schema import PRIORITIES, TASKS_OUTLIVE_OWNER, UNIQUE_NAMES
from taskmaster.views import quoted

NONE = "none"  # written in place of an owner, a category or a tag

# Only revision 0013 has it, so no class declares it.
RETIRED_CATEGORY = table("retired_category", column("task_id"), column("category"))


@dataclass(frozen=True)
class Item:
    """A task as it is shown. What the schema does not have, or nobody gave, is None.

    A category that is retired, but not dropped yet, is still told. An estimate is in minutes.
    """

    id: int
    title: str
    done: bool | None = None
    due_on: date | None = None
    category: str | None = None
    created_at: datetime | None = None
    owner_id: int | None = None
    owner: str | None = None
    priority: str | None = None
    tags: list[str] | None = None
    estimate: int | None = None
    notes: str | None = None

    def is_overdue(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today and not self.done


@dataclass(frozen=True)
class Profile:
    """What a user says about themselves."""

    id: int
    full_name: str | None
    about: str | None
    created_at: datetime


@dataclass(frozen=True)
class Person:
    """A user as they are shown; the counts are None before tasks have owners."""

    id: int
    username: str
    email: str | None
    created_at: datetime
    open: int | None = None
    all: int | None = None
    profile: Profile | None = None


@dataclass(frozen=True)
class Wanted:
    """Which tasks a list holds. None does not ask; `due` means on or before, and `undated` without a date.

    Of several tags a task must have all.
    """

    done: bool | None = None
    owner: str | None = None
    category: str | None = None
    due: date | None = None
    due_after: date | None = None
    undated: bool = False
    text: str | None = None
    tags: Sequence[str] = ()


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
    return Listing(items[:limit], *_totals(session, wanted, conditions))


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
    category = _category(session)
    return [name for name in session.scalars(select(category).distinct().order_by(category)) if name]


def _category(session: Session) -> Any:
    """The column, which older databases have and no class declares any more."""
    task: Any = models(session).task
    return task.category


def _items(session: Session) -> Select[Any]:
    """SELECT what Item holds, as far as it is there: never more columns than are shown."""
    task, here = models(session).task, schema(session)
    there = [name for name in _COLUMNS if here.has_column(f"tasks.{name}")]
    query = select(*(getattr(task, name).label(name) for name in there)).select_from(task)
    if here.has_column("retired_category.category"):
        retired = RETIRED_CATEGORY.c
        query = query.add_columns(retired.category).outerjoin(RETIRED_CATEGORY, retired.task_id == task.id)
    if "owner_id" not in there:
        return query
    user = models(session).user
    return query.add_columns(user.username.label("owner")).outerjoin(user, user.id == task.owner_id)


_COLUMNS = (
    "id", "title", "done", "due_on", "category", "created_at", "owner_id", "priority", "estimate", "notes",
)  # fmt: skip
# What SQLite may hold something else in, and no type of SQLAlchemy's would notice.
_KINDS = {"title": (str, "text"), "estimate": (int, "a number"), "notes": (str, "text")}


def _fetch(session: Session, query: Select[Any]) -> list[Item]:
    """The tasks of a query of `_items`. Their tags come by a second one, for these tasks alone."""
    with values_are_ours():
        rows = [_checked(dict(row)) for row in session.execute(query).mappings()]
        if schema(session).has("--tag"):
            theirs = tags.of_tasks(session, [row["id"] for row in rows])
            rows = [row | {"tags": theirs.get(row["id"], [])} for row in rows]
        return [Item(**row) for row in rows]


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    for name, (kind, words) in _KINDS.items():
        if name in row and not isinstance(row[name], kind) and (name == "title" or row[name] is not None):
            raise TypeError(f"the {name} of task {row['id']} is not {words}")
    if "priority" in row:
        row["priority"] = _priority(row["priority"])
    return row


def _priority(number: int) -> str:
    if not 1 <= number <= len(PRIORITIES):
        raise ValueError(f"{number} is no priority")
    return PRIORITIES[number - 1]


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    task = models(session).task
    return session.scalar(select(func.count()).select_from(task).where(*conditions)) or 0


def _totals(session: Session, wanted: Wanted, conditions: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    """How many tasks are WANTED, by these CONDITIONS, and how many of them are overdue.

    Of open tasks the index alone knows both, so nothing is asked that it does not hold. Where something else
    is asked, SQLite would still go along it and look up task after task, which takes ten times as long as
    reading them all; so there it is given nothing to go along.
    """
    task = models(session).task
    late: list[ColumnElement[bool]] = [false()]
    if schema(session).has("--due"):
        late = [task.due_on < clock.today(), *([] if wanted.done is False else [task.done.is_(False)])]
    if (wanted.owner or wanted.text) and not wanted.tags:
        query = select(func.count().filter(*conditions), func.count().filter(*conditions, *late))
    else:
        query = select(func.count(), func.count().filter(*late)).where(*conditions)
    total, overdue = session.execute(query.select_from(task)).one()
    return total, overdue


def _conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    task = models(session).task
    conditions: list[ColumnElement[bool]] = []
    if wanted.done is not None and schema(session).has("done"):
        conditions.append(task.done.is_(wanted.done))
    if wanted.category is not None:
        conditions.append(_same(_category(session), wanted.category))
    if wanted.owner is not None:
        conditions.append(task.owner_id == _owner_id(session, wanted.owner))
    if wanted.due is not None:
        conditions.append(task.due_on <= wanted.due)
    if wanted.due_after is not None:
        conditions.append(task.due_on > wanted.due_after)
    if wanted.undated:
        conditions.append(task.due_on.is_(None))
    conditions += [_has_tag(session, name) for name in wanted.tags]
    if wanted.text is not None:
        conditions.append(func.lower(task.title).contains(wanted.text.lower(), autoescape=True))
    return conditions


def _has_tag(session: Session, name: str) -> ColumnElement[bool]:
    """Whether a task has the tag of this name, or with "none" has none. Raises TagError."""
    task, links = models(session).task, models(session).task_tags
    if name == NONE:
        return task.id.not_in(select(links.c.task_id))
    return task.id.in_(select(links.c.task_id).where(links.c.tag_id == tags.called(session, name)))


def _same(column: Any, value: str) -> ColumnElement[bool]:
    """Equal, "none" being nothing: no value, or an empty one."""
    if value == NONE:
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


def add(session: Session, title: str, *, tags: Sequence[str] = (), **given: Any) -> Item:
    """Write down a new task with what is GIVEN: due, category, priority, owner, estimate, note.

    Raises UserError when the owner is not exactly one user.
    """
    values = {"title": title} | _values(
        session, {name: value for name, value in given.items() if value is not None}
    )
    if schema(session).has_column("tasks.created_at"):
        values["created_at"] = clock.now()
    task = models(session).task(**values)
    session.add(task)
    session.flush()
    _tag(session, [task.id], tags)
    return found(session, [Span(task.id, task.id)])[0]


def edit(
    session: Session,
    spans: Iterable[Span],
    *,
    tags: Sequence[str] = (),
    untags: Sequence[str] = (),
    **changes: Any,
) -> tuple[list[Item], list[Item]]:
    """Change what CHANGES names (title, due, category, priority, owner, estimate, note); None takes it away.

    TAGS are added, after "none" has taken away all that there were; UNTAGS are taken away. Returns the tasks
    as they were and as they are. Raises UserError when the owner is not exactly one user, TagError for a tag
    to be taken away that is not there.
    """
    before = found(session, spans)
    _untag(session, [item.id for item in before], untags)
    _tag(session, [item.id for item in before], tags)
    return before, _set(session, before, **_values(session, changes))


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


def _values(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    """Column values for what was GIVEN."""
    values = {_NAMES.get(name, name): value for name, value in given.items()}
    if "priority" in given:
        values["priority"] = PRIORITIES.index(given["priority"]) + 1
    if "owner" in given:
        values["owner_id"] = _owner_id(session, values.pop("owner"))
    return values


_NAMES = {"due": "due_on", "note": "notes"}


def _tag(session: Session, task_ids: Sequence[int], names: Sequence[str]) -> None:
    if NONE in names:
        tags.take(session, task_ids, None)
    tags.give(session, task_ids, [name for name in names if name != NONE])


def _untag(session: Session, task_ids: Sequence[int], names: Sequence[str]) -> None:
    if names:
        tags.take(session, task_ids, names)


def _set(session: Session, items: Sequence[Item], **values: Any) -> list[Item]:
    task, changed = models(session).task, []
    for ids in _chunks(items):
        if values:
            session.execute(
                update(task).where(task.id.in_(ids)).values(**values),
                execution_options={"synchronize_session": False},
            )
        changed += _fetch(session, _items(session).where(task.id.in_(ids)).order_by(task.id))
    return changed


def _chunks(items: Sequence[Item]) -> Iterable[Sequence[int]]:
    return tags.chunks([item.id for item in items])


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
    with values_are_ours():
        users = session.scalars(select(user).order_by(func.lower(user.username), user.id)).all()
        return _persons(session, users)


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
    return _persons(session, [new])[0]


def remove_users(session: Session, names: Iterable[str], *, with_tasks: bool = False) -> Removed:
    """Remove users. Their tasks stay, without an owner, unless WITH_TASKS.

    Before 0010 the database removes the tasks of a removed user: then this raises WouldLoseTasksError
    if there are any, unless WITH_TASKS.
    """
    users = {user.id: user for user in (user_called(session, name, suggest_adding=False) for name in names)}
    people = _persons(session, list(users.values()))
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
    return None if name == NONE else user_called(session, name).id


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


def _persons(session: Session, users: Sequence[User]) -> list[Person]:
    counts, profiles = _counts(session), _profiles(session)
    none: tuple[int | None, int | None] = (None, None) if counts is None else (0, 0)
    return [
        Person(
            user.id,
            user.username,
            user.email,
            user.created_at,
            *(counts or {}).get(user.id, none),
            profiles.get(user.id),
        )
        for user in users
    ]


# ----------------------------------------------------------------------------------------- profiles


def profile(session: Session, name: str) -> Person:
    """The user of this NAME, with what they say about themselves. Raises UserError (see `user_called`)."""
    return _persons(session, [user_called(session, name, suggest_adding=False)])[0]


def set_profile(session: Session, name: str, **changes: str | None) -> tuple[Person, Person]:
    """Change the profile of a user: full_name, about. One in which nothing is left goes away.

    Returns the user as they were and as they are. Raises UserError (see `user_called`).
    """
    before, table = profile(session, name), models(session).profile
    row = session.scalar(select(table).where(table.user_id == before.id))
    if row is None:
        row = table(user_id=before.id, created_at=clock.now())
        session.add(row)
    for key, value in changes.items():
        setattr(row, key, value)
    if row.full_name is None and row.about is None:
        session.delete(row) if before.profile else session.expunge(row)
    session.flush()
    return before, profile(session, before.username)


def _profiles(session: Session) -> dict[int, Profile]:
    """Each user's profile; none before there are any."""
    if not schema(session).has("user profile"):
        return {}
    return {
        row.user_id: Profile(row.id, row.full_name, row.about, row.created_at)
        for row in session.scalars(select(models(session).profile))
    }


# ------------------------------------------------------------------------------------------ stats


@dataclass(frozen=True)
class Stats:
    """How it stands, in numbers; of the groups, open tasks are counted. None: the schema cannot tell."""

    open: int
    done: int
    overdue: int
    due_this_week: int
    added_this_week: int
    by_category: dict[str, int] | None
    by_tag: dict[str, int] | None
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
        by_category=_groups(session, func.coalesce(_category(session), ""))
        if here.has("--category")
        else None,
        by_tag=_by_tag(session) if here.has("--tag") else None,
        by_owner=_by_owner(session) if here.has("--owner") else None,
        by_priority=_by_priority(session) if here.has("--priority") else None,
    )


def _groups(session: Session, key: Any) -> dict[Any, int]:
    task = models(session).task
    count = func.count()
    query = select(key, count).where(task.done.is_(False)).group_by(key).order_by(count.desc(), key)
    return dict(session.execute(query).all())


def _by_tag(session: Session) -> dict[str, int]:
    """A task of several tags counts for each of them."""
    found = sorted(tags.everyone(session), key=lambda tag: -tag.open)
    return {tag.name: tag.open for tag in found if tag.open}


def _by_owner(session: Session) -> dict[str, int]:
    names = {person.id: person.username for person in people(session)}
    by_id = _groups(session, models(session).task.owner_id)
    counts: dict[str, int] = {}
    for id_, number in by_id.items():  # before 0008 several may have one name
        counts[names.get(id_, "")] = counts.get(names.get(id_, ""), 0) + number
    return counts


def _by_priority(session: Session) -> dict[str, int]:
    counts = _groups(session, models(session).task.priority)
    with values_are_ours():
        return {_priority(number): counts[number] for number in sorted(counts, reverse=True)}
