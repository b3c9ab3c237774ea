"""`bench app`: how long a whole command takes, from the shell's view, beside the simplest alternatives.

Each contender is a process of its own with a database of its own, all with the same tasks; they take
turns. `python -c pass` is what any Python program costs before it does anything; `at 0018` is taskmaster
on a database without the index on open tasks, which 0019 brings. Compiled files of all of them are kept
in a folder of the benchmark's, and one round goes before that is not measured.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from taskmaster.database import URL_VARIABLE
from tests.bench.report import circumstances, median, milliseconds, ratio, table
from tests.migrations import history

COMMANDS = ("--help", "list", "add", "done")
PYTHON, APP, LIBRARY, CORE, WARRIOR = "python", "taskmaster", "sqlite3", "click+Core", "taskwarrior"
BEFORE = "at 0018"
SKETCHES = {LIBRARY: "standard_library.py", CORE: "click_and_core.py"}
# Each command's times, by contender.
Times = dict[str, dict[str, list[float]]]


class ProgramFailedError(RuntimeError):
    """A program that is measured is missing, or did not do what it was asked."""


@dataclass(frozen=True)
class Contender:
    """A program, where it keeps its tasks, and what it needs to know of that."""

    name: str
    program: list[str]
    environment: dict[str, str]
    database: Path | None = None

    def run(self, *words: str) -> tuple[float, str]:
        """Run it to its end; give the seconds that took and what it printed.

        Raises ProgramFailedError when its exit status is not 0.
        """
        begin = time.perf_counter()
        process = subprocess.run(
            [*self.program, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        spent = time.perf_counter() - begin
        if process.returncode:
            raise ProgramFailedError(
                f"{self.name} {' '.join(words)} failed: {process.stderr or process.stdout}"
            )
        return spent, process.stdout


@contextmanager
def contenders(tasks: int) -> Iterator[list[Contender]]:
    """Everything that can be measured here, each with its own copy of the same TASKS tasks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield [
            _python(folder),
            _taskmaster(folder, APP, tasks, "0019"),
            _taskmaster(folder, BEFORE, tasks, "0018"),
            *_sketches(folder, tasks),
            *_warrior(folder, tasks),
        ]


def _environment(folder: Path, **more: str) -> dict[str, str]:
    """Like a person's, with compiled files in FOLDER, and the width and language the same everywhere."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    fixed = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    return kept | fixed | more


def _python(folder: Path) -> Contender:
    return Contender(PYTHON, [sys.executable, "-c", "pass"], _environment(folder))


def _taskmaster(folder: Path, name: str, tasks: int, revision: str) -> Contender:
    program = shutil.which("taskmaster", path=str(Path(sys.executable).parent))
    if program is None:
        raise ProgramFailedError("the command taskmaster is not installed beside this Python")
    path = _database(folder / f"taskmaster-{revision}.db", tasks, revision)
    return Contender(name, [program], _environment(folder, **{URL_VARIABLE: f"sqlite:///{path}"}), path)


def _sketches(folder: Path, tasks: int) -> Iterator[Contender]:
    for name, file in SKETCHES.items():
        path = _database(folder / f"{name}.db", tasks)
        program = [sys.executable, str(Path(__file__).parent / "sketches" / file)]
        yield Contender(name, program, _environment(folder, SKETCH_DATABASE=str(path)), path)


def _database(path: Path, tasks: int, revision: str = "0019") -> Path:
    """A database with TASKS tasks, a third of them done, half of them due, every seventh with a tag."""
    history.upgrade(f"sqlite:///{path}", revision)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            """INSERT INTO tasks (title, done, due_on, priority)
               WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
               SELECT 'Ring the plumber about tap number ' || i, i % 3 = 0,
                      CASE WHEN i % 2 THEN date('2026-03-02', '+' || (i * 7919 % 365) || ' days') END,
                      1 + i % 4
               FROM n""",
            [tasks],
        )
        connection.execute("INSERT INTO tags (name, folded) VALUES ('Home', 'home')")
        connection.execute("INSERT INTO task_tags SELECT id, 1 FROM tasks WHERE id % 7 = 0")
    return path


def _warrior(folder: Path, tasks: int) -> Iterator[Contender]:
    """taskwarrior, where it is installed, with the same titles and dates; not with more than it can take."""
    program = shutil.which("task")
    if program is None or tasks > 100_000:
        return
    data = folder / "warrior"
    data.mkdir()
    settings = folder / "taskrc"
    settings.write_text(
        f"data.location={data}\nconfirmation=off\nhooks=off\nverbose=nothing\nnews.version=99\n"
    )
    made = Contender(WARRIOR, [program], _environment(folder, TASKRC=str(settings), TASKDATA=str(data)))
    with closing(sqlite3.connect(folder / "taskmaster-0019.db")) as connection:
        rows = connection.execute("SELECT title, done, due_on FROM tasks ORDER BY id").fetchall()
    lines = [
        json.dumps(
            {"description": title, "status": "completed" if done else "pending", "entry": "20260101T090000Z"}
            | ({"due": due.replace("-", "") + "T090000Z"} if due else {})
            | ({"end": "20260102T090000Z"} if done else {})
        )
        for title, done, due in rows
    ]
    (folder / "tasks.json").write_text("\n".join(lines), encoding="utf-8")
    made.run("import", str(folder / "tasks.json"))
    yield made


# --------------------------------------------------------------------------------------- the measuring


def measure(tasks: int, repetitions: int, say: Callable[[str], None] = lambda _: None) -> Times:
    """Time every command of every contender; one more round goes before, unmeasured."""
    times: Times = {command: defaultdict(list) for command in COMMANDS}
    with contenders(tasks) as all_contenders:
        for repetition in range(repetitions + 1):
            say(f"{tasks:,} tasks, repetition {repetition} of {repetitions}")
            for command in COMMANDS:
                for contender in all_contenders[:: 1 if repetition % 2 else -1]:
                    spent, _ = contender.run(*_words(contender, command, tasks + 1 + repetition))
                    if repetition:
                        times[command][contender.name].append(spent)
        _did_the_same(all_contenders, tasks, repetitions + 1)
    return times


def _words(contender: Contender, command: str, task: int) -> list[str]:
    """The words of the command in this program's language; TASK is the one that was just added."""
    if contender.name == PYTHON:
        return []
    if contender.name == WARRIOR:
        return {
            "--help": ["--version"],
            "list": ["limit:20", "next"],
            "add": ["add", "Pay the rent"],
            "done": ["1", "done"],
        }[command]
    return {
        "--help": ["--help"],
        "list": ["list"],
        "add": ["add", "Pay the rent"],
        "done": ["done", str(task)],
    }[command]


def _did_the_same(all_contenders: list[Contender], tasks: int, rounds: int) -> None:
    """Raise ProgramFailedError unless all databases hold the same tasks, the added ones finished."""
    held = {}
    for contender in all_contenders:
        if contender.database:
            with closing(sqlite3.connect(contender.database)) as connection:
                held[contender.name] = connection.execute(
                    "SELECT id, title, done, due_on, priority FROM tasks ORDER BY id"
                ).fetchall()
    added = [(title, done) for id_, title, done, _, _ in held[APP] if id_ > tasks]
    if added != [("Pay the rent", 1)] * rounds:
        raise ProgramFailedError(f"taskmaster added and finished other tasks than it was told: {added}")
    for name, rows in held.items():
        if rows != held[APP]:
            raise ProgramFailedError(f"{name} holds other tasks than taskmaster")


# ------------------------------------------------------------------------------------------ the report


def bench(sizes: list[int], repetitions: int, say: Callable[[str], None]) -> str:
    """Measure every number of tasks, and report."""
    return report({tasks: measure(tasks, repetitions, say) for tasks in sizes})


def report(all_times: dict[int, Times]) -> str:
    """Each command at each size: milliseconds of every contender, then taskmaster's as a multiple of each."""
    medians = {
        (command, tasks): {name: median(spent) for name, spent in times[command].items()}
        for command in COMMANDS
        for tasks, times in all_times.items()
    }
    present = {name for spent in medians.values() for name in spent}
    names = [name for name in (PYTHON, LIBRARY, CORE, WARRIOR, BEFORE, APP) if name in present]
    others = [name for name in names if name != APP]
    lines = [
        [
            command,
            f"{tasks:,}",
            *(milliseconds(spent[name]) if name in spent else "" for name in names),
            *(ratio(spent[APP], spent[name]) if name in spent else "" for name in others),
        ]
        for (command, tasks), spent in medians.items()
    ]
    headings = ["command", "tasks", *names, *(f"/ {name}" for name in others)]
    note = "python is `python -c pass`; the last columns are taskmaster's time as a multiple of each"
    return f"{circumstances()}\n{note}\n\n{table(headings, lines)}\n"
