"""The lessons as data: what stands in each notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))
APPENDICES = sorted(NOTEBOOKS.glob("appendix-*.ipynb"))


@dataclass(frozen=True)
class Lesson:
    """One notebook, and the parts of it that the tests ask for."""

    path: Path
    cells: list[Any]

    @property
    def number(self) -> str:
        return self.path.name[:2]

    @property
    def code(self) -> list[Any]:
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @property
    def prose(self) -> str:
        return "\n\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")

    @property
    def instructor_notes(self) -> list[Any]:
        return [cell for cell in self.cells if "instructor" in cell.metadata.get("tags", [])]

    def section(self, heading: str) -> str:
        """The prose from `## HEADING` to the next heading of its rank; empty when there is none."""
        found = re.search(
            rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self.prose, re.DOTALL | re.MULTILINE
        )
        return found.group(1) if found else ""


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return Lesson(request.param, nbformat.read(request.param, as_version=4).cells)


@pytest.fixture(params=[*LESSONS, *APPENDICES], ids=lambda path: path.stem)
def page(request: pytest.FixtureRequest) -> Lesson:
    """A lesson, or an appendix, which has no tasks and a shape of its own."""
    return Lesson(request.param, nbformat.read(request.param, as_version=4).cells)


@pytest.fixture(params=APPENDICES, ids=lambda path: path.stem)
def appendix(request: pytest.FixtureRequest) -> Lesson:
    return Lesson(request.param, nbformat.read(request.param, as_version=4).cells)
