"""How nbval runs the pages: where its kernels put their scratch copies, and which pages are skipped.

A kernel is killed when its notebook is done, so it cannot clean up after itself.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from workbook import server

SCRATCH = "TASKMASTER_SCRATCH"
collect_ignore = ["exercises"]  # the tests that lie there are answers, and some are wrong on purpose
WORKSPACE = "TASKMASTER_WORKSPACE"  # an empty one: no blog of whoever runs the tests is looked at


def pytest_configure(config: pytest.Config) -> None:
    if SCRATCH not in os.environ:  # a worker of pytest-xdist inherits it
        os.environ[SCRATCH] = tempfile.mkdtemp(prefix="taskmaster-lessons-")
        os.environ[WORKSPACE] = str(Path(os.environ[SCRATCH], "workspace"))
        config.add_cleanup(remove_scratch)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the pages that need a PostgreSQL server where none can run: they keep their stored outputs."""
    cells = [item for item in items if item.path.suffix == ".ipynb"]
    pages = {item.path for item in cells}
    needing = {page for page in pages if "%postgres" in page.read_text(encoding="utf-8")}
    if needing and (why := server.why_not()):
        for item in cells:
            if item.path in needing:
                item.add_marker(pytest.mark.skip(reason=f"{item.path.name} needs a PostgreSQL server: {why}"))


def remove_scratch() -> None:
    shutil.rmtree(os.environ.pop(SCRATCH), ignore_errors=True)
