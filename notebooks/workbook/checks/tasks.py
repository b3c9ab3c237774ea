"""The tasks, as they lie in notebooks/exercises: one folder a lesson, one folder a task in it.

exercises/02/1-content/
    task.md         what is asked; its first line is the title
    hints.md        hints in steps, divided by lines of three dashes
    check.py        check(blog), and what it needs: MAY_LOSE, look_first(blog), begun(root), RESTS_ON
    solution/       the files that a right solution adds or changes
    another/        the same in another style
    wrong/NAME/     a mistake as people make it: its files, and message.txt, what the check must answer
    rows.json       rows for the tables that this task makes (by name)
    begin.sql       what the page has people do before the task, on their database
    steps.txt       in solution/, another/ and wrong/NAME/: what is done besides files, see `building.attempt`
    exhibit.txt     the name of an exhibit of the museum, when the task is about that and not about the blog
    project.txt     the name of a folder of the workspace, when it is about another project of its own

Tasks about the blog are a chain, each begins where the one before ended. One about an exhibit or a project of
its own stands beside it, and so does one that has a file `aside.txt`, which says why; its check.py has
`attempted(root)`.
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

EXERCISES = Path(__file__).resolve().parents[2] / "exercises"


@dataclass(frozen=True)
class Task:
    """One task. `name` is what people type: `02`, or `05.2` where a lesson has several."""

    lesson: str
    number: int
    folder: Path
    alone: bool

    @property
    def name(self) -> str:
        """The lesson, and the number of the task where there are several."""
        return self.lesson if self.alone else f"{self.lesson}.{self.number}"

    @cached_property
    def text(self) -> str:
        """What is asked, in Markdown."""
        return (self.folder / "task.md").read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        """The first line of the text."""
        return self.text.splitlines()[0].lstrip("# ")

    @cached_property
    def hints(self) -> list[str]:
        """The hints, from the mildest to the plainest."""
        parts = (self.folder / "hints.md").read_text(encoding="utf-8").split("\n---\n")
        return [part.strip() for part in parts]

    @cached_property
    def code(self) -> ModuleType:
        """The module check.py."""
        spec = importlib.util.spec_from_file_location(
            f"workbook_check_{self.lesson}_{self.number}", self.folder / "check.py"
        )
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @cached_property
    def exhibit(self) -> str | None:
        """The exhibit of the museum that it is about; None for the blog."""
        path = self.folder / "exhibit.txt"
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None

    @cached_property
    def project(self) -> str | None:
        """The folder of the workspace that it is about (the capstone); None for the blog."""
        path = self.folder / "project.txt"
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None

    @property
    def of_the_blog(self) -> bool:
        """Whether it is about the blog."""
        return not self.exhibit and not self.project

    @property
    def aside(self) -> bool:
        """Whether the tasks after it can be correct without it."""
        return not self.of_the_blog or (self.folder / "aside.txt").is_file()

    @property
    def only_files(self) -> bool:
        """Whether its solution is files of the blog and nothing besides: no exhibit, no steps."""
        return self.of_the_blog and not (self.folder / "solution" / "steps.txt").is_file()

    def begun(self, root: Path) -> bool:
        """Whether the project shows, without a revision of this task, that somebody has begun with it."""
        return bool(getattr(self.code, "begun", lambda _: False)(root))

    def rests_on(self, root: Path) -> list[Path]:
        """The files besides revisions and models that this task is about: what RESTS_ON of check.py names."""
        return sorted(path for name in getattr(self.code, "RESTS_ON", ()) for path in root.glob(name))

    def look_first(self, blog: Any) -> None:
        """What check.py asks even before whether the steps run: what stops them, in better words."""
        getattr(self.code, "look_first", lambda _: None)(blog)

    @property
    def may_lose(self) -> dict[str, str]:
        """The tables whose rows this task may make fewer."""
        return dict(getattr(self.code, "MAY_LOSE", {}))

    @property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the tables that this task makes."""
        path = self.folder / "rows.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def all_tasks(exercises: Path = EXERCISES) -> list[Task]:
    """Every task, in the order of the lessons."""
    found = []
    for lesson in sorted(path for path in exercises.glob("[0-9][0-9]") if path.is_dir()):
        folders = sorted(path for path in lesson.iterdir() if (path / "check.py").is_file())
        found += [
            Task(lesson.name, number, folder, len(folders) == 1)
            for number, folder in enumerate(folders, start=1)
        ]
    return found
