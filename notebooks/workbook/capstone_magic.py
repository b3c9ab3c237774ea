"""%capstone: the last lesson's project, in the student's own workspace."""

from __future__ import annotations

import os

from workbook import capstone, sqlmagic, stage, turn
from workbook import workspace as ws
from workbook.progress import CAPSTONE
from workbook.stage import Problem, Stage

LOOK = "look"  # the folder of the one in the lesson's area


def enter(line: str) -> None:
    """`%capstone`: stand in the capstone, where `%check` looks at it; it is made if there is none.

    With `--again`, a fresh one takes its place, and what was there is kept. With `--look`, it is one of the
    lesson's, made to be looked at, and the workspace is left alone.
    """
    if line.split() not in ([], ["--again"], ["--look"]):
        raise Problem(
            "write it like this: %capstone, or %capstone --again for a fresh one, or %capstone --look"
        )
    stage.current()  # only in a lesson that has begun
    if line.split() == ["--look"]:
        _look()
        return
    os.chdir(stage.home().root)  # neither the folder nor a file in it may be in use
    sqlmagic.forget()
    workspace = ws.folder(None).resolve()
    new, kept = turn.capstone(workspace, again=bool(line.split()))
    root = capstone.place(workspace)
    there = Stage(root, CAPSTONE, workspace)
    stage.enter(there)
    where = f"{CAPSTONE} of your workspace{'' if new else ', as you left it'}"
    print(f"You are now in {where}: taskmaster at {there.place}. %check looks at it; %back takes you back.")
    if kept:
        print(f"What was there is kept as {kept}.")


def _look() -> None:
    area = stage.home().area
    there = Stage(area / LOOK, LOOK, area)
    if not there.root.exists():
        capstone.make(there.root)
    stage.enter(there)
    print(f"You are now in {LOOK}, a capstone to look at: taskmaster at {there.place}. %back takes you back.")
