"""Where nbval's kernels put their scratch copies: one folder, removed at the end.

A kernel is killed when its notebook is done, so it cannot clean up after itself.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

SCRATCH = "TASKMASTER_SCRATCH"
collect_ignore = ["exercises"]  # the tests that lie there are answers, and some are wrong on purpose
WORKSPACE = "TASKMASTER_WORKSPACE"  # an empty one: no blog of whoever runs the tests is looked at


def pytest_configure(config: pytest.Config) -> None:
    if SCRATCH not in os.environ:  # a worker of pytest-xdist inherits it
        os.environ[SCRATCH] = tempfile.mkdtemp(prefix="taskmaster-lessons-")
        os.environ[WORKSPACE] = str(Path(os.environ[SCRATCH], "workspace"))
        config.add_cleanup(remove_scratch)


def remove_scratch() -> None:
    shutil.rmtree(os.environ.pop(SCRATCH), ignore_errors=True)
