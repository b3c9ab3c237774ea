"""Every lesson runs where there is no process to start and no thread, and touches nothing but its copies.

Three things are allowed to some of them, and nothing else: to start the PostgreSQL server of the kit; on it,
a deployer (`%session NAME alembic …`); and the threads of an async driver, for aiosqlite has one for each
connection, and a second event loop, beside the notebook's, needs one. Where no server can be started, those
lessons run too, and say in a sentence which cells have nothing to show.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from workbook import server, workspace

from tests.workbook.audit import PROJECT, watch
from tests.workbook.conftest import Run

LESSONS = workspace.originals()
SERVERS = {"13": 1, "14": 1, "15": 1, "16": 1, "17": 1, "ap": 2}  # and they say so in their first cell
WITH_DEPLOYERS = {"14", "17"}
WITH_THREADS = {"15"}  # and it says so there too


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_starts_no_process_and_no_thread_and_leaves_the_repository_alone(
    path: Path, run: Run
) -> None:
    with watch(PROJECT) as seen:
        _read_through(path, run)
    assert seen.left == []
    assert seen.touched == []
    assert seen.servers == SERVERS.get(path.name[:2], 0)
    assert (seen.deployers > 0) == (path.name[:2] in WITH_DEPLOYERS)
    assert (seen.threads > 0) == (path.name[:2] in WITH_THREADS)


@pytest.mark.parametrize(
    "path", [path for path in LESSONS if path.name[:2] in SERVERS], ids=lambda path: path.stem
)
def test_a_lesson_that_wants_a_server_runs_without_one_too(
    path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> None:
        raise server.CannotRunHereError("not in a browser")

    monkeypatch.setattr(server, "start", start)
    with watch(PROJECT) as seen:
        said = _read_through(path, run)
    assert seen.left == []
    assert any("needs a PostgreSQL server, and none can run here" in text for text in said)
    assert not any("Traceback" in text for text in said)


def _read_through(path: Path, run: Run) -> list[str]:
    """Run a lesson from top to bottom; what stands under each cell. A traceback fails the test."""
    cells = nbformat.read(path, as_version=4).cells
    return [run(cell.source) for cell in cells if cell.cell_type == "code"]


def test_the_watch_sees_what_it_is_for(tmp_path: Path) -> None:
    """A test that finds nothing proves something only where there is something to find."""
    with watch(tmp_path) as seen:
        (tmp_path / "file").write_text("changed", encoding="utf-8")
        subprocess.run([sys.executable, "-c", ""], check=True)
    assert any("file" in touched for touched in seen.touched)
    assert "subprocess.Popen" in seen.left
