"""A notebook's shell, in which the tests run cells as a student does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config
from workbook import magics, stage, workspace

Run = Callable[[str], str]


@pytest.fixture(scope="session")
def shell() -> InteractiveShell:
    """One shell for all tests: ipython-sql keeps the first that it meets."""
    config = Config()
    config.HistoryManager.enabled = False
    shell: InteractiveShell = InteractiveShell.instance(config=config)
    magics.register(shell)
    return shell


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where lessons put their copies; afterwards the process is as it was."""
    folder = tmp_path / "scratch"
    monkeypatch.setenv(stage.SCRATCH, str(folder))
    monkeypatch.setenv(workspace.VARIABLE, str(tmp_path / "workspace"))  # nobody's own blog is looked at
    monkeypatch.chdir(tmp_path)
    yield folder
    os.chdir(tmp_path)
    stage.leave()


@pytest.fixture
def run(shell: InteractiveShell, scratch: Path) -> Run:
    """Run one cell; what stands under it, as text. A traceback fails the test."""

    def run(cell: str) -> str:
        with capture_output() as shown:
            result = shell.run_cell(cell)
        result.raise_error()
        value = re.sub(r"^Out\[\d+\]: \n?", "", shown.stdout, flags=re.MULTILINE)
        texts = [value, *(output.data.get("text/plain", "") for output in shown.outputs)]
        return "\n".join(text.rstrip("\n") for text in texts if text)

    return run


@pytest.fixture
def lesson(run: Run) -> Run:
    """Begin a lesson: `lesson("02")`."""
    return lambda number: run(f'from workbook import lesson; lesson("{number}")')
