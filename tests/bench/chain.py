"""`bench migrations`: each revision through Alembic against the same step written by hand.

Two databases go through the history side by side, one moved by `alembic upgrade` in this process
(`migrations/env.py` and all), the other by the SQL of by_hand.py. They take turns in going first.
After every step both must have the same schema and the same rows, or the run stops: a figure for
something else would be worth nothing.
"""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.bench import by_hand
from tests.bench.pair import (
    CHAIN,
    WAYS,
    compiled_files_elsewhere,
    forget_moments,
    must_be_equal,
    ours,
    rows_after,
    two_databases,
    write,
)
from tests.bench.report import circumstances, median, milliseconds, ratio, table
from tests.bench.stopwatch import Stopwatch

HEAD = by_hand.REVISIONS[-1]
AT_ONCE = f"0002-{HEAD}"
Times = dict[str, list[float]]


@dataclass
class Figures:
    """What one number of rows gave: for each way, direction and step, one time a repetition."""

    rows: int
    times: dict[tuple[str, str], Times] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    # What the whole chain's time goes into, by way, direction and kind of work.
    shares: dict[tuple[str, str], Times] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    nothing_to_do: list[float] = field(default_factory=list)

    def of(self, direction: str, *steps: str, choose: Callable[[list[float]], float] = median) -> list[float]:
        """The seconds of these steps together, one figure for each way."""
        return [sum(choose(self.times[way, direction][step]) for step in steps) for way in WAYS]


def measure(rows: int, repetitions: int, say: Callable[[str], None] = lambda _: None) -> Figures:
    """Take both databases up and down the history, REPETITIONS times, and then more to see where time goes.

    One round with a single task goes before, unmeasured: it pays for imports and for compiling files.
    """
    figures = Figures(rows)
    with compiled_files_elsewhere(), few_objects_to_collect():
        with two_databases() as paths:
            _up_and_down(Figures(1), paths, list(WAYS.items()), 1)
        for number in range(repetitions):
            say(f"{rows:,} tasks, repetition {number + 1} of {repetitions}")
            with two_databases() as paths:
                turn = list(WAYS.items())[:: 1 if number % 2 == 0 else -1]
                _up_and_down(figures, paths, turn, rows)
        for number in range(min(repetitions, 3)):
            say(f"{rows:,} tasks, every statement watched, {number + 1} of {min(repetitions, 3)}")
            with two_databases() as paths:
                _watch(figures, paths, rows)
    return figures


@contextmanager
def few_objects_to_collect() -> Iterator[None]:
    """What a process holds from before is not gone through each time that the garbage is collected."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _up_and_down(figures: Figures, paths: dict[str, Path], turn: list[Any], rows: int) -> None:
    """Step by step to head; step by step down to 0001; all at once up and down again; down to base."""
    for revision in by_hand.REVISIONS:
        _both(figures, paths, turn, "up", revision, revision)
        write(paths.values(), rows_after(revision, rows))
        must_be_equal(paths)
    for below, revision in reversed(list(pairwise(CHAIN))[1:]):
        _both(figures, paths, turn, "down", revision, below)
        must_be_equal(paths)
    _both(figures, paths, turn, "up", AT_ONCE, HEAD)
    forget_moments(paths)
    must_be_equal(paths)
    _both(figures, paths, turn, "down", AT_ONCE, "0001")
    must_be_equal(paths)
    figures.nothing_to_do.append(_time(ours, paths["ours"], "0001"))
    _both(figures, paths, turn, "down", "0001", "base")
    must_be_equal(paths)


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
                write(paths.values(), rows_after(target, rows))
    for key, watch in watches.items():
        for kind, spent in watch.shares.items():
            figures.shares[key][kind].append(spent)


# ------------------------------------------------------------------------------------------ the report


def bench(sizes: list[int], repetitions: int, say: Callable[[str], None]) -> str:
    """Measure every number of rows, and report."""
    return report([measure(rows, repetitions, say) for rows in sizes])


def report(all_figures: list[Figures]) -> str:
    parts = [circumstances()]
    for figures in all_figures:
        tasks = f"{figures.rows:,} tasks"
        parts += [
            f"upgrade, {tasks}",
            _steps(figures, "up"),
            f"downgrade, {tasks}",
            _steps(figures, "down"),
            f"what the time of the whole chain goes into, {tasks}, every statement watched",
            _shares(figures),
        ]
    parts += [
        "the whole chain, ours / by hand, and an upgrade with nothing to do in ms",
        _summary(all_figures),
    ]
    return "\n\n".join(parts) + "\n"


def _steps(figures: Figures, direction: str) -> str:
    def line(name: str, kind: str, *steps: str) -> list[str]:
        usual = figures.of(direction, *steps)
        fastest = figures.of(direction, *steps, choose=min)
        return [name, kind, *map(milliseconds, usual), ratio(*usual), ratio(*fastest)]

    lines = []
    for revision, step in by_hand.STEPS.items():
        lines.append(line(revision, step.up_kind if direction == "up" else step.down_kind, revision))
    lines.append(line("all", "one by one", *by_hand.REVISIONS))
    lines.append(line(AT_ONCE, "in one go", AT_ONCE))
    return table(["revision", "kind", *WAYS, "ratio", "of the fastest"], lines)


def _shares(figures: Figures) -> str:
    lines = []
    for direction in ("up", "down"):
        ours, by_hand = (
            {kind: median(spent) for kind, spent in figures.shares[way, direction].items()} for way in WAYS
        )
        more = {part: ours[part] - by_hand[part] for part in ours}
        for way, shares in ("ours", ours), ("by hand", by_hand), ("difference", more):
            together = sum(shares.values())
            lines.append([f"{direction}grade", way, *map(milliseconds, [*shares.values(), together])])
    return table(["", "", *figures.shares["ours", "up"], "together"], lines)


def _summary(all_figures: list[Figures]) -> str:
    columns = {
        f"{direction} {name}": (direction, steps)
        for name, steps in (("one by one", by_hand.REVISIONS), ("in one go", [AT_ONCE]))
        for direction in ("up", "down")
    }
    lines = [
        [
            f"{figures.rows:,}",
            name,
            *(ratio(*figures.of(direction, *steps, choose=choose)) for direction, steps in columns.values()),
            milliseconds(choose(figures.nothing_to_do)),
        ]
        for figures in all_figures
        for name, choose in (("medians", median), ("fastest", min))
    ]
    return table(["tasks", "", *columns, "nothing to do"], lines)
