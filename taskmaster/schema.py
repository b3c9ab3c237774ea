"""Which schema a database has, and what taskmaster can do with it.

The one table of what each revision unlocks: help texts, error messages and the lessons' overview are
made from it. Tests hold its ids, parents and titles to the scripts in migrations/versions.

Nothing here needs SQLAlchemy, so that `--help` can be fast.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from taskmaster.errors import ForeignDatabaseError, NeedsRevisionError, RetiredError, UnfitDatabaseError


@dataclass(frozen=True)
class Revision:
    """One step of the history.

    `title` is the first line of the script's docstring. `unlocks` and `retires` are what becomes
    possible or impossible: commands and options as they are typed, everything else in words; `instead`
    says what took the place of what it retires. `columns` are those it brings, and `drops` those it takes
    away, by today's names: a database that claims this revision has the ones, and not the others.
    """

    id: str
    parents: tuple[str, ...]
    title: str
    unlocks: tuple[str, ...] = ()
    retires: tuple[str, ...] = ()
    instead: str = ""
    columns: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()


PRIORITIES = ("low", "normal", "high", "urgent")  # 1 to 4 in the database
URGENT = "--priority urgent"
UNIQUE_NAMES = "one user per name"
TASKS_OUTLIVE_OWNER = "removing a user keeps the tasks"
CATEGORIES_ARE_TAGS = "list --tag finds what was a category"
FAST_LIST = "a list that stays fast at a million tasks"

REVISIONS: tuple[Revision, ...] = (
    Revision(
        "0001", (), "create table todo",
        unlocks=("add", "list", "show", "edit", "rm", "export", "import"),
        columns=("tasks.id", "tasks.title"),
    ),
    Revision(
        "0002", ("0001",), "add done, due date and category",
        unlocks=("done", "reopen", "--due", "--category", "agenda"),
        columns=("tasks.done", "tasks.due_on", "tasks.category"),
    ),
    Revision(
        "0003", ("0002",), "add the time of creation",
        unlocks=("--sort created", "stats"),
        columns=("tasks.created_at",),
    ),
    Revision("0004", ("0003",), "rename name to title"),
    Revision("0005", ("0004",), "rename table todo to tasks"),
    Revision(
        "0006", ("0005",), "create table users",
        unlocks=("user add", "user list", "user rm"),
        columns=("users.id", "users.username", "users.email", "users.created_at"),
    ),
    Revision(
        "0007", ("0006",), "add the owner of a task",
        unlocks=("--owner", "assign"),
        columns=("tasks.owner_id",),
    ),
    Revision("0008", ("0007",), "make usernames unique", unlocks=(UNIQUE_NAMES,)),
    Revision(
        "0009", ("0008",), "add a priority between 1 and 3",
        unlocks=("--priority",),
        columns=("tasks.priority",),
    ),
    Revision(
        "0010", ("0009",), "widen the priority, keep the tasks of a removed user",
        unlocks=(URGENT, TASKS_OUTLIVE_OWNER),
    ),
    Revision(
        "0011", ("0010",), "create tags and their links to tasks",
        unlocks=("--tag", "tags"),
        columns=("tags.id", "tags.name", "tags.folded", "task_tags.task_id", "task_tags.tag_id"),
    ),
    Revision("0012", ("0011",), "make every category a tag", unlocks=(CATEGORIES_ARE_TAGS,)),
    Revision(
        "0013", ("0012",), "retire the category",
        retires=("--category",), instead="use --tag NAME instead",
        columns=("retired_category.task_id", "retired_category.category"), drops=("tasks.category",),
    ),
    Revision(
        "0014", ("0013",), "drop the retired categories",
        drops=("retired_category.task_id", "retired_category.category"),
    ),
    Revision(
        "0015", ("0014",), "create profiles",
        unlocks=("user profile",),
        columns=(
            "profiles.id", "profiles.user_id", "profiles.full_name", "profiles.about", "profiles.created_at",
        ),
    ),
    Revision(
        "0016", ("0015",), "add an estimate in minutes",
        unlocks=("--estimate",),
        columns=("tasks.estimate",),
    ),
    Revision(
        "0017", ("0015",), "add notes",
        unlocks=("--note",),
        columns=("tasks.notes",),
    ),
    Revision("0018", ("0016", "0017"), "merge the estimate and the notes"),
    Revision("0019", ("0018",), "index the open tasks", unlocks=(FAST_LIST,)),
)  # fmt: skip

BY_ID = {revision.id: revision for revision in REVISIONS}
UNLOCKED_BY = {feature: revision for revision in REVISIONS for feature in revision.unlocks}
RETIRED_BY = {feature: revision for revision in REVISIONS for feature in revision.retires}
HEADS = frozenset(BY_ID) - {parent for revision in REVISIONS for parent in revision.parents}

# What a table and a column were called before; whoever maps an older schema reads this.
FORMER_TABLES = {"todo": "tasks"}  # 0005
FORMER_COLUMNS = {("tasks", "name"): "title"}  # 0004


@dataclass(frozen=True)
class Schema:
    """Where one database is in the history: its heads (none at base), which are all known."""

    heads: frozenset[str]

    @classmethod
    def found(cls, tables: Collection[str], versions: Iterable[str]) -> Schema:
        """Read off a database from the names of its TABLES and the rows of `alembic_version`.

        Raises UnfitDatabaseError for a database of somebody else, or of a newer taskmaster.
        """
        heads = frozenset(map(str, versions))  # somebody else's may hold anything
        if tables and "alembic_version" not in tables:
            raise ForeignDatabaseError(
                "has tables, but not the table alembic_version: no migration of taskmaster's made it."
            )
        if unknown := sorted(heads - set(BY_ID)):
            raise UnfitDatabaseError(
                f"is at revision {' and '.join(unknown)}, which this taskmaster does not know. "
                "A newer taskmaster made it, or it belongs to another program."
            )
        return cls(heads)

    @cached_property
    def applied(self) -> frozenset[str]:
        """The ids of all revisions that this database has been through: its heads and their ancestors."""
        reached: set[str] = set()
        waiting = list(self.heads)
        while waiting:
            revision = BY_ID[waiting.pop()]
            if revision.id not in reached:
                reached.add(revision.id)
                waiting.extend(revision.parents)
        return frozenset(reached)

    @property
    def waiting(self) -> list[Revision]:
        """The revisions that this database has not been through, oldest first."""
        applied = self.applied
        return [revision for revision in REVISIONS if revision.id not in applied]

    @property
    def position(self) -> str:
        """Where it is, in words: "base", "0004", "0016 and 0017"."""
        return " and ".join(sorted(self.heads)) or "base"

    def has(self, feature: str) -> bool:
        """Whether this database can do FEATURE (see `Revision.unlocks`; KeyError for any other)."""
        return UNLOCKED_BY[feature].id in self.applied and not self.has_retired(feature)

    def has_retired(self, feature: str) -> bool:
        """Whether this database could do FEATURE once, and cannot any more."""
        return feature in RETIRED_BY and RETIRED_BY[feature].id in self.applied

    @cached_property
    def columns(self) -> dict[str, Revision]:
        """Every column that its revisions say is there, as today's "table.column", and which brought it."""
        there: dict[str, Revision] = {}
        for revision in (revision for revision in REVISIONS if revision.id in self.applied):
            there |= dict.fromkeys(revision.columns, revision)
            for column in revision.drops:
                del there[column]
        return there

    def has_column(self, column: str) -> bool:
        """Whether its revision says that there is a COLUMN, given as today's "table.column"."""
        return column in self.columns

    def lacks(self, feature: str) -> str:
        """Why this database cannot do FEATURE, in a few words: "needs 0006"; empty where it can."""
        if self.has(feature):
            return ""
        if self.has_retired(feature):
            gone = RETIRED_BY[feature]
            return f"retired since {gone.id}: {gone.instead}"
        return f"needs {UNLOCKED_BY[feature].id}"

    def require(self, *features: str) -> None:
        """Raise NeedsRevisionError, with the command to get there, unless all FEATURES are possible here.

        Of several that are missing it names the one that comes last, so that one upgrade is enough. Raises
        RetiredError, with what took its place, for one that no upgrade brings back.
        """
        missing = [feature for feature in features if not self.has(feature)]
        if not missing:
            return
        for feature in filter(self.has_retired, missing):
            gone = RETIRED_BY[feature]
            raise RetiredError(
                f'"{feature}" is retired since revision {gone.id} ({gone.title}): {gone.instead}.'
            )
        feature = max(missing, key=lambda name: REVISIONS.index(UNLOCKED_BY[name]))
        revision = UNLOCKED_BY[feature]
        raise NeedsRevisionError(
            f'"{feature}" needs revision {revision.id} ({revision.title}); '
            f"this database is at {self.position}.\n"
            f"Run: alembic upgrade {revision.id}"
        )


BASE = Schema(frozenset())
HEAD = Schema(HEADS)
