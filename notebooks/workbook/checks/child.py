"""The process in which a student's code runs: `python -m workbook.checks.child COPY RESULT SECONDS`.

It writes the answers to RESULT as JSON. What it prints, and what the student's code prints, nobody reads.
"""

from __future__ import annotations

import faulthandler
import json
import sys
from pathlib import Path

from workbook.checks import answers, guard


def main(copy: str, result: str, seconds: str) -> None:
    """Check the project in COPY. When it takes too long, the trace of where it is goes to RESULT.trace."""
    root = Path(copy)
    guard.limit_memory_and_files()
    with Path(f"{result}.trace").open("w", encoding="utf-8") as trace:
        faulthandler.dump_traceback_later(float(seconds), exit=True, file=trace)
        guard.install(root.parent)
        found = answers.answers(root)
        faulthandler.cancel_dump_traceback_later()
    Path(result).write_text(json.dumps([verdict.as_json() for verdict in found]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
