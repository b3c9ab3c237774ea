"""The capstone: taskmaster at 0019 with years of dirt in its rows, in a folder of the student's own.

`make` puts it there. `fill` puts the same kinds of dirt into a database for a check, in other words, so that
nobody can write a migration for the rows that they have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import sqlalchemy as sa

from workbook import commands, stage
from workbook.lessons import Lesson
from workbook.progress import CAPSTONE

DATABASE = "taskmaster.db"
START = "0019"
TASKS = 1200
SEED = 17
FIRST_DAY = datetime(2024, 3, 4, 7, 30, tzinfo=UTC)
Row = dict[str, Any]


class CannotBeMadeError(Exception):
    """The history does not run up to 0019; the workbook itself is broken."""


def place(workspace: Path) -> Path:
    """The folder of the student's capstone, whether it is there or not."""
    return workspace / CAPSTONE


def make(root: Path) -> None:
    """Make the project in the folder ROOT, which is not there yet: its database at 0019, with rows."""
    stage.copy_project(root, Lesson(START, START))
    status, output = commands.alembic(root, ["upgrade", START])
    if status:
        raise CannotBeMadeError(output.strip())
    fill(sa.create_engine(f"sqlite:///{root / DATABASE}", poolclass=sa.NullPool), seed=SEED, tasks=TASKS)


def put_aside(workspace: Path) -> str | None:
    """Give the one that is there another name. Returns that name; None when there was none."""
    root = place(workspace)
    if not root.exists():
        return None
    free = next(path for number in count(1) if not (path := root.with_name(f"{CAPSTONE}-{number}")).exists())
    root.rename(free)
    return free.name


# ------------------------------------------------------------------------------------------- the rows


def fill(engine: sa.Engine, *, seed: int, tasks: int) -> None:
    """Put rows into every table of a database at 0019. The same SEED makes the same rows everywhere."""
    with engine.begin() as connection:
        for name, rows in dirt(seed, tasks).items():
            table = sa.table(name, *(sa.column(column, TYPES.get(column)) for column in rows[0]))
            connection.execute(sa.insert(table), rows)
            if connection.dialect.name == "postgresql" and "id" in rows[0]:
                connection.execute(
                    sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
                )


TYPES: dict[str, Any] = {
    "created_at": sa.DateTime(timezone=True),
    "due_on": sa.Date(),
    "done": sa.Boolean(),
}


def dirt(seed: int, tasks: int) -> dict[str, list[Row]]:
    """The rows by table: every kind of dirt that the task names, in the words that belong to this SEED."""
    chance = Chance(seed)
    users, profiles = _people(chance)
    made = list(_tasks(chance, tasks, [user["id"] for user in users]))
    tags = [{"id": number, "name": word, "folded": word.lower()} for number, word in enumerate(TAGS, 1)]
    links = [{"task_id": task["id"], "tag_id": 1 + task["id"] % len(TAGS)} for task in made[::3]]
    return {"users": users, "profiles": profiles, "tasks": made, "tags": tags, "task_tags": links}


class Chance:
    """Chance that falls the same way on every Python."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def below(self, end: int) -> int:
        """A number from 0 on, below END."""
        return int(self.random.random() * end)

    def one(self, of: Any) -> Any:
        """One of several."""
        return of[self.below(len(of))]

    def mixed(self, these: list[Any]) -> list[Any]:
        """The same in another order."""
        order = sorted((self.random.random(), number) for number in range(len(these)))
        return [these[number] for _, number in order]


FIRST = (
    "ana", "ben", "cem", "dora", "emil", "fay", "gus", "hana", "ivo", "jana", "kim", "lars", "mia", "nils",
    "olga", "pia", "quin", "rosa", "sven", "tara", "ugo", "vera", "wim", "xenia", "yara", "zoe",
)  # fmt: skip
HOSTS = ("example.org", "example.net", "example.com")
TAGS = ("home", "Work", "phone", "garden", "errands")


class Person(NamedTuple):
    """One row of `users` that is to be, and what its profile says; None for no profile."""

    username: str
    email: str | None
    profile: tuple[str | None, str | None] | None = None


def _people(chance: Chance) -> tuple[list[Row], list[Row]]:
    """The users, of whom several are the same person, in an order that tells nothing, and their profiles."""
    names = (f"{first}.{letter}" for letter in chance.mixed(list("bcdfghklmnprstvw")) for first in FIRST)
    found: list[Person] = []
    for _ in range(2):
        for several in KINDS:
            found += several(chance, names)
    users: list[Row] = []
    profiles: list[Row] = []
    for number, person in enumerate(chance.mixed(found), start=1):
        moment = FIRST_DAY + timedelta(hours=31 * number, minutes=chance.below(600))
        users.append({"id": number, "username": person.username, "email": person.email, "created_at": moment})
        if person.profile:
            name, about = person.profile
            profiles.append(
                {
                    "id": len(profiles) + 1,
                    "user_id": number,
                    "full_name": name,
                    "about": about,
                    "created_at": moment + timedelta(days=2),
                }
            )
    return users, profiles


def _somebody(chance: Chance, names: Iterator[str]) -> list[Person]:
    """People of whom there is one, and who are near to each other all the same."""
    one, two, three, _, five = (next(names) for _ in range(5))
    host = chance.one(HOSTS)
    return [
        Person(one, f"{one}@{host}", (one.title(), "Likes short lists.")),
        Person(f"{one}\u00a0", f"{one}-2@{host}"),  # Python strips that, and no database trims it
        Person(f"{one[:2]} {one[2:]}", None),  # a space inside is another name
        Person(f"{two}@{host}", f"{two}.x@{host}"),  # this username is the email of the next
        Person(two, f"{two}@{host}", (None, "")),
        Person(f"é{three}", ""),  # two people: É is none of the letters from A to Z
        Person(f"É{three}", "  "),
        Person(five, None, ("", None)),
    ]


def _by_username(chance: Chance, names: Iterator[str]) -> list[Person]:
    one, host = next(names), chance.one(HOSTS)
    return [
        Person(one, None, (one.title(), None)),
        Person(f" {one.upper()}", f"{one}@{host}", (one.upper(), "Works late.")),
    ]


def _by_email(chance: Chance, names: Iterator[str]) -> list[Person]:
    one, two, host = next(names), next(names), chance.one(HOSTS)
    return [
        Person(one, f"{one}@{host}", (one.title(), "")),
        Person(two, f" {one.title()}@{host.upper()} ", (two.title(), f"Also called {one}.")),
    ]


def _by_both(chance: Chance, names: Iterator[str]) -> list[Person]:
    """Ana is Anna by her email, and Anna is Annie by her username: with ids in any order."""
    one, two, host = next(names), next(names), chance.one(HOSTS)
    return [
        Person(one.title(), f"{one}@{host}", ("", f"Is {one}.")),
        Person(two, f"{one.upper()}@{host}", (two.title(), "")),
        Person(f"{two.upper()} ", f"{two}@{host}", (two, f"Is {two}.")),
        Person(f"  {two}", f"{two}@{host} "),
    ]


def _without_email(chance: Chance, names: Iterator[str]) -> list[Person]:
    one, host = next(names), chance.one(HOSTS)
    return [
        Person(one, " "),
        Person(f"{one} ", None),
        Person(one.title(), f"{one}.home@{host}"),
        Person(one.upper(), f"{one}.work@{host}", (None, "Two addresses.")),
    ]


KINDS: tuple[Callable[[Chance, Iterator[str]], list[Person]], ...] = (
    _somebody, _by_username, _by_email, _by_both, _without_email, _by_username, _somebody,
)  # fmt: skip

VERBS = ("Water", "Call", "Clean", "Check", "Feed", "Write to", "Paint", "Sort", "Count", "Mend")
THINGS = (
    "the plants", "the landlord", "the bicycle", "the cat", "the smoke alarm", "the old photos", "Grandma",
    "the heating", "the invoices", "the kitchen shelf", "the fish", "100% of the jars", "the shed's roof",
)  # fmt: skip
PLAIN = ("{}", "{}", "{}", "{}", "{}", " {}", "{}  ", "{} (again)", "{}!")
READ = (
    "{} (every {n} days)", "{} (daily)", "{} (weekly)", "{} (DAILY)", "{}(Weekly)",
    "{}   ( every {n}  Days )", "{} (every {n} day)", "{} (Every 1 day)  ", "{} (weekly) (every {n} days)",
    "  {} (every 0{n} days)", "{} (monthly) (daily )", "{} (every {n} DAYS)",
    "{} (for (two)) (  every {n} days)", "{} (every 9999 days)",
)  # fmt: skip
NOT_READ = (
    "{} (every 0 days)", "{} (every other day)", "{} (every {n} days) and feed", "{} (monthly)",
    "{} (every 12345 days)", "{} every {n} days", "{} (every {n} weeks)", "(daily) {}", "{} (every day)",
    "{} (daily", "{} [weekly]", "{} (every -{n} days)", "{} (every {n}.5 days)", "{} (every{n} days)",
    "{} (bidaily)", "{} (every 000 days)", "{} (every \uff13 days)", "{} ((daily)) x",
    "{} (every {n} days or so)",
)  # fmt: skip
ALONE = ("(daily)", " (every 3 days) ")  # nothing would be left of the title


def _tasks(chance: Chance, number: int, users: list[int]) -> Iterator[Row]:
    shapes = [*READ, *NOT_READ, *ALONE]
    while len(shapes) < number:
        shapes.append(chance.one(chance.one((PLAIN, PLAIN, PLAIN, PLAIN, READ, READ, NOT_READ))))
    for id_, shape in enumerate(chance.mixed(shapes), start=1):
        since = timedelta(days=id_ // 2, minutes=chance.below(1400), microseconds=chance.below(4) * 250)
        title = f"{chance.one(VERBS)} {chance.one(THINGS)}"
        yield {
            "id": id_,
            "title": shape.replace("{}", title).replace("{n}", str(2 + chance.below(28))),
            "done": chance.below(3) == 0,
            "due_on": date(2026, 1, 5) + timedelta(days=chance.below(300)) if chance.below(2) else None,
            "owner_id": chance.one(users) if chance.below(6) else None,
            "priority": 1 + chance.below(4),
            "estimate": 5 * (1 + chance.below(20)) if chance.below(3) == 0 else None,
            "notes": f"Ask {chance.one(FIRST).title()}." if chance.below(5) == 0 else None,
            "created_at": FIRST_DAY + since,
        }
