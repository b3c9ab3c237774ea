"""What one can do with tags. Functions that take a Session of a database that has tags.

A tag is found whatever its case and its spaces: by what its spellings have in common (`spelling.fold`).
It is there from the first task that gets it until somebody removes it, with tasks or without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Select, case, delete, func, select, text, update
from sqlalchemy.orm import Session

from taskmaster.errors import TagError, values_are_ours
from taskmaster.ids import compress
from taskmaster.mapping import models
from taskmaster.spelling import fold, tidy
from taskmaster.views import quoted

_MAKE = text("INSERT INTO tags (name, folded) VALUES (:name, :folded) ON CONFLICT DO NOTHING")
_LINK = text("INSERT INTO task_tags (task_id, tag_id) VALUES (:task_id, :tag_id) ON CONFLICT DO NOTHING")
CHUNK = 500  # ids in one statement; databases limit how many values one may have


@dataclass(frozen=True)
class Tag:
    """A tag as it is shown: how many of its tasks are open, and how many it has."""

    id: int
    name: str
    open: int
    all: int


def chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """IDS in parts that fit into one statement."""
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))


def everyone(session: Session) -> list[Tag]:
    """All tags, in the order of the alphabet."""
    with values_are_ours():
        found = [Tag(*row) for row in session.execute(_counted(session))]
        return sorted(found, key=lambda tag: (_folded(tag.name), tag.id))


def _folded(name: str) -> str:
    if not isinstance(name, str):  # SQLite keeps anything
        raise TypeError("the name of a tag is not text")
    return fold(name)


def _counted(session: Session) -> Select[Any]:
    task, tag, links = models(session).task, models(session).tag, models(session).task_tags
    open_ = func.coalesce(func.sum(case((task.done.is_(False), 1), else_=0)), 0)
    return (
        select(tag.id, tag.name, open_, func.count(task.id))
        .select_from(tag)
        .outerjoin(links, links.c.tag_id == tag.id)
        .outerjoin(task, task.id == links.c.task_id)
        .group_by(tag.id, tag.name)
    )


def names(session: Session) -> list[str]:
    """What all tags are called, in the order of the alphabet."""
    with values_are_ours():
        return sorted(session.scalars(select(models(session).tag.name)), key=_folded)


def of_tasks(session: Session, task_ids: Sequence[int]) -> dict[int, list[str]]:
    """The names of the tags of each of these tasks that has any, in the order of the alphabet."""
    tag, links = models(session).tag, models(session).task_tags
    query = select(links.c.task_id, tag.name).join(tag, tag.id == links.c.tag_id)
    found: dict[int, list[str]] = {}
    for ids in chunks(task_ids):
        for task_id, name in session.execute(query.where(links.c.task_id.in_(ids))):
            found.setdefault(task_id, []).append(name)
    return {task_id: sorted(theirs, key=_folded) for task_id, theirs in found.items()}


def called(session: Session, name: str) -> int:
    """The id of the tag of this NAME; raises TagError, with those that are nearly called so."""
    id_ = _found(session, name)
    if id_ is None:
        there = {fold(known): known for known in names(session)}
        close = [there[folded] for folded in get_close_matches(fold(name), there, n=3)]
        hint = f"Did you mean {' or '.join(close)}?" if close else "All there are: taskmaster tags"
        raise TagError(f'There is no tag "{name}". {hint}')
    return id_


def _found(session: Session, name: str) -> int | None:
    tag = models(session).tag
    return session.scalar(select(tag.id).where(tag.folded == fold(name)))


def give(session: Session, task_ids: Sequence[int], wanted: Iterable[str]) -> None:
    """Give every one of these tasks the WANTED tags; makes those that are not there."""
    for name in wanted:
        tag_id = _made(session, name)
        rows = [{"task_id": task_id, "tag_id": tag_id} for task_id in task_ids]
        if rows:
            session.execute(_LINK, rows)


def _made(session: Session, name: str) -> int:
    """The id of a tag that there will be from now on, also when another command makes it just now."""
    if _found(session, name) is None:
        session.execute(_MAKE, {"name": tidy(name), "folded": fold(name)})
    return called(session, name)


def take(session: Session, task_ids: Sequence[int], unwanted: Iterable[str] | None) -> None:
    """Take these tags away from the tasks; None is all they have. Raises TagError for one that is nowhere."""
    links = models(session).task_tags
    gone = None if unwanted is None else [called(session, name) for name in unwanted]
    for ids in chunks(task_ids):
        query = delete(links).where(links.c.task_id.in_(ids))
        session.execute(query if gone is None else query.where(links.c.tag_id.in_(gone)))


def rename(session: Session, old: str, new: str) -> tuple[Tag, Tag]:
    """Call a tag NEW; returns it as it was and as it is. Raises TagError where NEW is another tag already."""
    tag = models(session).tag
    before = _one(session, called(session, old))
    other = session.scalar(select(tag.id).where(tag.folded == fold(new), tag.id != before.id))
    if other is not None:
        raise TagError(_would_merge(session, before, _one(session, other)))
    session.execute(update(tag).where(tag.id == before.id).values(name=tidy(new), folded=fold(new)))
    return before, _one(session, before.id)


def remove(session: Session, name: str) -> tuple[Tag, list[int]]:
    """Remove a tag; its tasks stay. Returns it as it was, and the ids of the tasks that had it."""
    tag = models(session).tag
    before = _one(session, called(session, name))
    tasks = _tasks(session, before)
    session.execute(delete(tag).where(tag.id == before.id))  # its links go too, by their foreign key
    return before, tasks


def _one(session: Session, tag_id: int) -> Tag:
    return Tag(*session.execute(_counted(session).where(models(session).tag.id == tag_id)).one())


def _tasks(session: Session, tag: Tag) -> list[int]:
    links = models(session).task_tags
    return list(session.scalars(select(links.c.task_id).where(links.c.tag_id == tag.id)))


def _would_merge(session: Session, old: Tag, new: Tag) -> str:
    lines = [f'There is a tag "{new.name}" already. Nothing was changed.']
    if tasks := _tasks(session, old):
        lines.append(f"Give its tasks that one: taskmaster edit {compress(tasks)} --tag {quoted(new.name)}")
    return "\n".join([*lines, f"And then remove this one: taskmaster tag rm {quoted(old.name)}"])
