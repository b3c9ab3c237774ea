"""What the capstone's task promises of every row: computed from the rows of before, to lay beside what came.

Everything here is plain Python on plain values; no database is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbook.photo import Photo

Row = dict[str, Any]
NOTE = re.compile(
    r"(?P<title>.*?) *\( *(?:(?P<daily>daily)|(?P<weekly>weekly)|every +(?P<days>[0-9]{1,4}) +days?) *\) *",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)


def table(photo: Photo, name: str) -> dict[Any, Row]:
    """The rows of a table by their keys."""
    rows = photo.rows[name]
    return {
        key: {column: values[place] for column, values in rows.values.items()}
        for place, key in enumerate(rows.keys)
    }


def moment(value: Any) -> datetime | None:
    """A moment in UTC, without a zone, however the database has given it."""
    if value is None:
        return None
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


# --------------------------------------------------------------------------------------- recurring tasks


def read(title: str) -> tuple[str, int | None]:
    """The title without its note, and the days that the note says."""
    found = NOTE.fullmatch(title)
    if not found or not found["title"].strip(" "):
        return title, None
    days = 1 if found["daily"] else 7 if found["weekly"] else int(found["days"])
    return (found["title"], days) if days else (title, None)


def told(title: str, days: int | None) -> str:
    """The title as a downgrade writes it."""
    return title if days is None else f"{title} (every {days} days)"


# ------------------------------------------------------------------------------------- one person, one user


def fold(text: str | None) -> str:
    """What two spellings have in common; empty for none."""
    letters = (text or "").strip(" ")
    return re.sub(r"[A-Z]+", lambda found: found[0].lower(), letters)


@dataclass(frozen=True)
class People:
    """Whom each user becomes, and what the users and profiles are then."""

    becomes: Mapping[int, int]
    users: Mapping[int, Row]
    profiles: Mapping[int, tuple[str, str]]  # by user; an empty text stands for NULL too

    @property
    def gone(self) -> int:
        """How many users are merged into others."""
        return len(self.becomes) - len(self.users)


def people(photo: Photo) -> People:
    """The users of a database at 0019, as the upgrade has to leave them."""
    users, profiles = table(photo, "users"), of_users(table(photo, "profiles").values())
    becomes = _same(users)
    kept: dict[int, Row] = {}
    merged: dict[int, tuple[str, str]] = {}
    for id_, user in sorted(users.items()):
        first = kept.setdefault(becomes[id_], dict(user))
        if not fold(first["email"]):
            first["email"] = user["email"]
        if id_ in profiles:
            had = merged.get(becomes[id_], ("", ""))
            merged[becomes[id_]] = (had[0] or profiles[id_][0], had[1] or profiles[id_][1])
    return People(becomes, kept, merged)


def of_users(rows: Iterable[Row]) -> dict[int, tuple[str, str]]:
    """What profiles say, by user; an empty text for NULL."""
    return {row["user_id"]: (row["full_name"] or "", row["about"] or "") for row in rows}


def _same(users: Mapping[int, Row]) -> dict[int, int]:
    """For each user the lowest id of those who are the same person."""
    becomes = {id_: id_ for id_ in users}

    def first(id_: int) -> int:
        while becomes[id_] != id_:
            id_ = becomes[id_]
        return id_

    seen: dict[tuple[str, str], int] = {}
    for id_, user in users.items():
        for word in _words(user):
            one, other = first(id_), first(seen.setdefault(word, id_))
            becomes[max(one, other)] = min(one, other)
    return {id_: first(id_) for id_ in users}


def _words(user: Row) -> set[tuple[str, str]]:
    """By what a user is the same as another one."""
    found = {(column, fold(user[column])) for column in ("username", "email")}
    return found - {("email", "")}


def links(users: Mapping[int, Row], start: int, end: int) -> list[int]:
    """The shortest way from one user to another of the same person, each the same as the next by itself."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for id_ in sorted(users.keys() - seen):
            if _words(users[way[-1]]) & _words(users[id_]):
                seen.add(id_)
                ways.append([*way, id_])
    return []
