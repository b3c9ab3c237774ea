"""Every lesson once more, with the solutions in the workspace: each check on its page says correct."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from workbook import workspace
from workbook.checks import building
from workbook.checks.tasks import Task, all_tasks
from workbook.progress import MUSEUM

from tests.workbook.audit import PROJECT
from tests.workbook.conftest import Run

TASKS = all_tasks()
LESSONS = sorted((PROJECT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


def solve(folder: Path, tasks: list[Task]) -> None:
    """Solve the TASKS of one lesson and all before it in a new workspace."""
    before = [task for task in TASKS if task.lesson < tasks[0].lesson]
    blog = folder / "blog"
    building.build(blog, before)
    for task in tasks:
        building.solve(folder / MUSEUM / task.exhibit if task.exhibit else blog, task)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_with_the_solutions_in_place_every_check_on_the_page_is_correct(
    path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tasks = [task for task in TASKS if task.lesson == path.name[:2]]
    solve(tmp_path / "solved", tasks)
    monkeypatch.setenv(workspace.VARIABLE, str(tmp_path / "solved"))
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    said = {source: run(source) for source in cells}
    checks = [text for source, text in said.items() if source.startswith("%check")]
    assert checks
    lines = [line for text in checks for line in text.splitlines()]
    assert [line for line in lines if line.startswith(("✗", "·"))] == []
    assert [line.split()[1] for line in lines if line.startswith("✓")] == [task.name for task in tasks]
    assert not any("Traceback" in text for text in said.values())
