"""Every lesson once more, with the solutions in the workspace: each check on its page says correct."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from workbook import workspace
from workbook.checks import building
from workbook.checks.tasks import all_tasks
from workbook.progress import MUSEUM

from tests.workbook.audit import PROJECT
from tests.workbook.conftest import Run

TASKS = all_tasks()
LESSONS = sorted((PROJECT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the blogs lie in which all tasks up to a lesson are solved."""
    return tmp_path_factory.mktemp("solved").resolve()


def solved(shelf: Path, lesson: str) -> Path:
    """A workspace whose blog has the tasks up to LESSON solved, made from the one before it."""
    workspace = shelf / lesson
    if not workspace.exists():
        blog = workspace / "blog"
        if lesson == "00":
            building.build(blog, [])
        else:
            shutil.copytree(solved(shelf, f"{int(lesson) - 1:02}") / "blog", blog)
        for task in TASKS:
            if task.lesson == lesson and not task.aside:
                building.solve(blog, task)
    return workspace


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_with_the_solutions_in_place_every_check_on_the_page_is_correct(
    path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shelf: Path
) -> None:
    tasks = [task for task in TASKS if task.lesson == path.name[:2]]
    folder = shutil.copytree(solved(shelf, path.name[:2]), tmp_path.resolve() / "solved")
    for task in tasks:
        if task.aside:
            exhibit = folder / MUSEUM / str(task.exhibit)
            building.solve(exhibit if task.exhibit else folder / (task.project or "blog"), task)
    monkeypatch.setenv(workspace.VARIABLE, str(folder))
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    said = {source: run(source) for source in cells}
    checks = [text for source, text in said.items() if source.startswith("%check")]
    assert checks
    lines = [line for text in checks for line in text.splitlines()]
    assert [line for line in lines if line.startswith(("✗", "·"))] == []
    assert [line.split()[1] for line in lines if line.startswith("✓")] == [task.name for task in tasks]
    assert not any("Traceback" in text for text in said.values())
