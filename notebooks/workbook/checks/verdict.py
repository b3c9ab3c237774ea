"""What a check answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOT_ATTEMPTED = "not attempted"
NOT_YET = "not yet"
CORRECT = "correct"


class NotYet(Exception):  # noqa: N818 - it is no error of the program: somebody is told what to do
    """The first thing that is wrong: WHAT was found and what was asked, WHERE, and WHY it matters."""

    def __init__(self, what: str, *, where: str = "", why: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.why = what, where, why


@dataclass(frozen=True)
class Verdict:
    """The answer for one task. `state` is one of the three words above; the rest only for "not yet"."""

    task: str
    state: str
    what: str = ""
    where: str = ""
    why: str = ""

    @classmethod
    def not_yet(cls, task: str, problem: NotYet) -> Verdict:
        """The answer that a problem amounts to."""
        return cls(task, NOT_YET, problem.what, problem.where, problem.why)

    @property
    def text(self) -> str:
        """The answer as people read it: its state, and up to three lines."""
        lines = [f"{self.task}: {self.state}"]
        lines += [f"  {line}" for line in (self.what, self.where and f"In {self.where}.", self.why) if line]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same keys always, for programs."""
        return {
            "task": self.task,
            "state": self.state,
            "what": self.what,
            "where": self.where,
            "why": self.why,
        }
