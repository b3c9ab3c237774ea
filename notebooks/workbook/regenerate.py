"""Running the lessons again and writing them down, so that the same lesson gives the same bytes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat as untyped_nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from workbook import stage, workspace

nbformat: Any = untyped_nbformat
AT_ONCE = 2
CELL_TIMEOUT = 60
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT = ("tags", "slideshow", "editable", "deletable")  # what a reader or a tool needs of a cell's metadata
NOT_YOURS = ("TASKMASTER_DATABASE_URL", "TASKMASTER_NOW", "ALEMBIC_CONFIG", "PYTHONWARNINGS")


@dataclass(frozen=True)
class Result:
    """What came of one notebook: the problem that stopped it, or whether its bytes are others now."""

    path: Path
    changed: bool = False
    problem: str | None = None


async def regenerate(paths: Sequence[Path], *, check: bool = False) -> AsyncIterator[Result]:
    """Run notebooks from top to bottom, AT_ONCE at a time, and write them; yields each as it is done.

    With CHECK nothing is written. A notebook in which a cell fails is not written either.
    """
    with tempfile.TemporaryDirectory(prefix="taskmaster-lessons-") as scratch:
        turn = asyncio.Semaphore(AT_ONCE)
        runs = [_one(path, Path(scratch), check, turn) for path in paths]
        for run in asyncio.as_completed(runs):
            yield await run


async def _one(path: Path, scratch: Path, check: bool, turn: asyncio.Semaphore) -> Result:
    before = path.read_bytes()
    notebook = nbformat.reads(before.decode("utf-8"), as_version=4)
    async with turn:
        try:
            await _run(notebook, path.parent, scratch)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return Result(path, problem=_problem(notebook, error))
    after = written(notebook)
    if not check and after != before:
        path.write_bytes(after)
    return Result(path, changed=after != before)


async def _run(notebook: Any, folder: Path, scratch: Path) -> None:
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    # ipykernel warns on stderr about its own connection: that belongs to no page.
    await client.async_execute(env=environment(scratch), stderr=subprocess.DEVNULL)


def environment(scratch: Path) -> dict[str, str]:
    """The environment of a kernel: scratch copies below SCRATCH, and nothing of the person's own."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_YOURS}
    own = {
        stage.SCRATCH: scratch,
        "IPYTHONDIR": scratch / "ipython",
        workspace.VARIABLE: scratch / "workspace",
    }
    return kept | {name: str(path) for name, path in own.items()}


def written(notebook: Any) -> bytes:
    """The bytes of a notebook: nothing in them depends on the machine, the moment or the tool."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT if key in cell.metadata})
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                output.traceback = []
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    return (text if text.endswith("\n") else f"{text}\n").encode("utf-8")


def _joined(outputs: Sequence[Any]) -> list[Any]:
    """What was printed in pieces, in one; but never across a table or picture that stands between.

    (nbclient's own `coalesce_streams` moves all that a cell prints up to its first line.)
    """
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and last.output_type == output.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _problem(notebook: Any, error: Exception) -> str:
    """Where it stopped, and why: the cell that ran last."""
    ran = [at for at, cell in enumerate(notebook.cells, 1) if cell.get("execution_count")]
    what = f"{error.ename}: {error.evalue}" if isinstance(error, CellExecutionError) else str(error).strip()
    return f"cell {ran[-1] if ran else 1}: {what}"
