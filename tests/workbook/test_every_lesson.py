"""Every lesson runs where there is no process to start and no thread, and touches nothing but its copies."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest

from tests.workbook.audit import PROJECT, watch
from tests.workbook.conftest import Run

LESSONS = sorted((PROJECT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_starts_no_process_and_no_thread_and_leaves_the_repository_alone(
    path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    # Not every Python has an audit event for a thread.
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread.name))
    with watch(PROJECT) as seen:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                run(cell.source)
    assert seen.left == []
    assert started == []
    assert seen.touched == []


def test_the_watch_sees_what_it_is_for(tmp_path: Path) -> None:
    """A test that finds nothing proves something only where there is something to find."""
    with watch(tmp_path) as seen:
        (tmp_path / "file").write_text("changed", encoding="utf-8")
        subprocess.run([sys.executable, "-c", ""], check=True)
    assert any("file" in touched for touched in seen.touched)
    assert "subprocess.Popen" in seen.left
