"""%capstone: the last lesson's project, in the student's own workspace."""

from __future__ import annotations

import os

from workbook import capstone, sqlmagic, stage, turn
from workbook import workspace as ws
from workbook.progress import CAPSTONE
from workbook.stage import Problem, Stage


def enter(line: str) -> None:
    """`%capstone`: stand in the capstone, where `%check` looks at it; it is made if there is none.

    With `--again`, a fresh one takes its place, and what was there is kept.
    """
    if line.split() not in ([], ["--again"]):
        raise Problem("write it like this: %capstone, or %capstone --again for a fresh one")
    stage.current()  # only in a lesson that has begun
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
