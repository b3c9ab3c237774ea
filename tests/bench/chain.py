"""`bench migrations`: each revision through Alembic against the same step written by hand.

Two databases go through the history side by side, one moved by `alembic upgrade` in this process
(`migrations/env.py` and all), the other by the SQL of by_hand.py. They have the same rows and take
turns in going first. After every step both must have the same schema and the same rows, or the run
stops: a figure for something else would be worth nothing.
"""

from __future__ import annotations

import gc
import logging
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import make_url

from tests.bench import by_hand
from tests.bench.report import circumstances, median, milliseconds, ratio, table
from tests.bench.stopwatch import Stopwatch
from tests.migrations import history

CHAIN = ["base", *by_hand.REVISIONS]
AT_ONCE = "0002-0010"
Times = dict[str, list[float]]


@dataclass
class Figures:
    """What one number of rows gave: for each way, direction and step, one time a repetition."""

    rows: int
    times: dict[tuple[str, str], Times] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    shares: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    nothing_to_do: float = 0.0

    def median(self, way: str, direction: str, step: str) -> float:
        return median(self.times[way, direction][step])

    def total(self, way: str, direction: str) -> float:
        """The whole chain, step by step."""
        return sum(self.median(way, direction, revision) for revision in by_hand.REVISIONS)


def ours(path: Path, target: str, factory: type[sqlite3.Connection] | None = None) -> None:
    """Move the database through Alembic; FACTORY makes the sqlite3 connection, where it has to be watched."""
    url = f"sqlite:///{path}"
    engine = None
    if factory:
        engine = sa.create_engine(
            url, creator=lambda: sqlite3.connect(path, factory=factory), poolclass=sa.NullPool
        )
    move = history.downgrade if _is_down(path, target) else history.upgrade
    move(engine or url, target)


def theirs(path: Path, target: str, factory: type[sqlite3.Connection] | None = None) -> None:
    """Move the database by hand."""
    by_hand.move(path, target, factory or sqlite3.Connection)


def _is_down(path: Path, target: str) -> bool:
    with _open(path) as connection:
        return CHAIN.index(target) < CHAIN.index(_revision(connection))


WAYS: dict[str, Callable[..., None]] = {"ours": ours, "by hand": theirs}


# ------------------------------------------------------------------------------------------ the rows


def rows_after(revision: str, rows: int) -> tuple[str, ...]:
    """What people did after this revision: ROWS tasks, a tenth as many users, some of them twice."""
    users = max(rows // 10, 1)
    written = {
        "0001": (
            f"""INSERT INTO todo (name)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
                SELECT 'Ring the plumber about tap number ' || i FROM n""",
        ),
        "0002": (
            """UPDATE todo SET done = id % 3 = 0, due_on = CASE WHEN id % 2 THEN '2026-03-02' END,
                               category = CASE WHEN id % 4 = 0 THEN 'house' END""",
        ),
        "0003": ("UPDATE todo SET created_at = datetime('2026-01-01', '+' || id || ' seconds')",),
        "0006": (
            f"""INSERT INTO users (username, email, created_at)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {users})
                SELECT 'user-' || CASE WHEN i % 100 = 50 THEN i - 7 ELSE i END || 'x',
                       CASE WHEN i % 3 THEN 'mail-' || i || '@example.org' END,
                       datetime('2026-01-01', '+' || i || ' seconds') FROM n""",
        ),
        "0007": (f"UPDATE tasks SET owner_id = 1 + id % {users} WHERE id % 5 <> 0",),
        "0009": ("UPDATE tasks SET priority = 1 + id % 3",),
        "0010": ("UPDATE tasks SET priority = 4 WHERE id % 10 = 0",),
    }
    return written.get(revision, ())


# --------------------------------------------------------------------------------------- the measuring


def measure(rows: int, repetitions: int, say: Callable[[str], None] = lambda _: None) -> Figures:
    """Take both databases up and down the history, REPETITIONS times, and once more to see where time goes.

    One round with a single task goes before, unmeasured: it pays for imports and for compiling files.
    """
    with _two_databases() as paths:
        _up_and_down(Figures(1), paths, list(WAYS.items()), 1)
    figures = Figures(rows)
    for number in range(repetitions):
        say(f"{rows:,} tasks, repetition {number + 1} of {repetitions}")
        with _two_databases() as paths:
            turn = list(WAYS.items())[:: 1 if number % 2 == 0 else -1]
            _up_and_down(figures, paths, turn, rows)
    say(f"{rows:,} tasks, once more with every statement watched")
    with _two_databases() as paths:
        _watch(figures, paths, rows)
    return figures


def _up_and_down(figures: Figures, paths: dict[str, Path], turn: list[Any], rows: int) -> None:
    """Step by step to head; step by step down to 0001; all at once up and down again; down to base."""
    for revision in by_hand.REVISIONS:
        _both(figures, paths, turn, "up", revision, revision)
        _write(paths.values(), rows_after(revision, rows))
        _must_be_equal(paths)
    for below, revision in reversed(list(pairwise(CHAIN))[1:]):
        _both(figures, paths, turn, "down", revision, below)
        _must_be_equal(paths)
    _both(figures, paths, turn, "up", AT_ONCE, "0010")
    _same_moment(paths)
    _must_be_equal(paths)
    _both(figures, paths, turn, "down", AT_ONCE, "0001")
    _must_be_equal(paths)
    figures.nothing_to_do = _time(ours, paths["ours"], "0001")
    _both(figures, paths, turn, "down", "0001", "base")
    _must_be_equal(paths)


def _both(
    figures: Figures, paths: dict[str, Path], turn: list[Any], direction: str, step: str, to: str
) -> None:
    for way, move in turn:
        figures.times[way, direction][step].append(_time(move, paths[way], to))


def _time(move: Callable[..., None], path: Path, target: str) -> float:
    gc.collect()
    begin = time.perf_counter()
    move(path, target)
    return time.perf_counter() - begin


def _watch(figures: Figures, paths: dict[str, Path], rows: int) -> None:
    """Once up and down with a stopwatch in every statement, to see what the time goes into."""
    watches = {(way, direction): Stopwatch() for way in WAYS for direction in ("up", "down")}
    for direction, targets in ("up", CHAIN[1:]), ("down", CHAIN[-2::-1]):
        for target in targets:
            for way, move in WAYS.items():
                watches[way, direction].watch(move, paths[way], target)
            if direction == "up":
                _write(paths.values(), rows_after(target, rows))
    figures.shares = {key: watch.shares for key, watch in watches.items()}


@contextmanager
def _two_databases() -> Iterator[dict[str, Path]]:
    """Two files that do not exist yet; the losses that downgrades warn of are the benchmark's own rows."""
    log = logging.getLogger("alembic.runtime.migration")
    level, log.level = log.level, logging.ERROR
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield {way: Path(folder) / f"{way.replace(' ', '-')}.db" for way in WAYS}
    finally:
        log.level = level


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _write(paths: Iterable[Path], statements: tuple[str, ...]) -> None:
    """The same statements in every database, each its own transaction."""
    for path in paths:
        with _open(path) as connection:
            for statement in statements:
                connection.execute(statement)


def _same_moment(paths: dict[str, Path]) -> None:
    """0003 fills in the moment it runs, which differs between the two."""
    _write(paths.values(), ("UPDATE tasks SET created_at = '2026-01-01 00:00:00'",))


# ---------------------------------------------------------------------------------------- the equality


class NotEqualError(AssertionError):
    """The two ways ended in different databases."""


def _must_be_equal(paths: dict[str, Path]) -> None:
    """Raise NotEqualError unless both have the same revision, schema (as the tests compare it) and rows."""
    first, second = paths.values()
    schemas = [history.schema(make_url(f"sqlite:///{path}")) for path in (first, second)]
    if schemas[0] != schemas[1]:
        raise NotEqualError(f"the schemas differ: {schemas[0]} and {schemas[1]}")
    with _open(first) as connection:
        connection.execute("ATTACH ? AS other", (str(second),))
        if _revision(connection) != _revision(connection, "other"):
            raise NotEqualError("the databases are at different revisions")
        for name in schemas[0]:
            _same_rows(connection, name, list(schemas[0][name]["columns"]))


def _revision(connection: sqlite3.Connection, database: str = "main") -> str:
    if not connection.execute(
        f"SELECT 1 FROM {database}.sqlite_master WHERE name = 'alembic_version'"
    ).fetchone():
        return "base"
    found = connection.execute(f"SELECT version_num FROM {database}.alembic_version").fetchone()
    return str(found[0]) if found else "base"


def _same_rows(connection: sqlite3.Connection, name: str, columns: list[str]) -> None:
    """Compare by id, in SQLite: a million rows are too many to bring into Python."""
    counts = [
        connection.execute(f"SELECT count(*) FROM {database}.{name}").fetchone()[0]
        for database in ("main", "other")
    ]
    same = " AND ".join(f"a.{column} IS b.{column}" for column in columns)
    [alike] = connection.execute(
        f"SELECT count(*) FROM main.{name} AS a JOIN other.{name} AS b ON a.id = b.id WHERE {same}"
    ).fetchone()
    if counts != [alike, alike]:
        raise NotEqualError(f"{name} has {counts} rows, of which {alike} are the same")


# ------------------------------------------------------------------------------------------ the report


def bench(sizes: list[int], repetitions: int, say: Callable[[str], None]) -> str:
    """Measure every number of rows, and report."""
    return report([measure(rows, repetitions, say) for rows in sizes])


def report(all_figures: list[Figures]) -> str:
    parts = [circumstances()]
    for figures in all_figures:
        for direction, name in ("up", "upgrade"), ("down", "downgrade"):
            parts.append(f"\n{name}, {figures.rows:,} tasks\n\n{_steps(figures, direction)}")
        parts.append(f"\nwhat the time goes into, {figures.rows:,} tasks (whole chain)\n\n{_shares(figures)}")
    parts.append("\nthe whole chain, ours by hand = 1\n\n" + _summary(all_figures))
    return "\n".join(parts) + "\n"


def _steps(figures: Figures, direction: str) -> str:
    def line(name: str, kind: str, ours: float, other: float) -> list[str]:
        return [name, kind, milliseconds(ours), milliseconds(other), ratio(ours, other)]

    lines = []
    for revision, step in by_hand.STEPS.items():
        kind = step.up_kind if direction == "up" else step.down_kind
        lines.append(line(revision, kind, *(figures.median(way, direction, revision) for way in WAYS)))
    lines.append(line("all", "one by one", *(figures.total(way, direction) for way in WAYS)))
    lines.append(line(AT_ONCE, "in one go", *(figures.median(way, direction, AT_ONCE) for way in WAYS)))
    return table(["revision", "kind", "ours", "by hand", "ratio"], lines)


def _shares(figures: Figures) -> str:
    parts = list(figures.shares["ours", "up"])
    lines = [
        [
            f"{direction}grade",
            way,
            *(milliseconds(share) for share in figures.shares[way, direction].values()),
        ]
        for direction in ("up", "down")
        for way in WAYS
    ]
    return table(["", "", *parts], lines)


def _summary(all_figures: list[Figures]) -> str:
    lines = []
    for figures in all_figures:
        ratios = [
            ratio(figures.total("ours", direction), figures.total("by hand", direction))
            for direction in ("up", "down")
        ]
        at_once = [
            ratio(*(figures.median(way, direction, AT_ONCE) for way in WAYS)) for direction in ("up", "down")
        ]
        lines.append([f"{figures.rows:,}", "", *ratios, *at_once, milliseconds(figures.nothing_to_do)])
    return table(
        ["tasks", "", "up one by one", "down one by one", "up in one go", "down in one go", "nothing to do"],
        lines,
    )
