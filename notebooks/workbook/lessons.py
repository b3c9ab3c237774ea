"""Which part of the history each lesson works with. A lesson more is a line more here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """Where a lesson's database starts, and the last revision in its copy of the history."""

    start: str
    last: str


LESSONS = {
    "00": Lesson("0001", "0002"),
    "01": Lesson("base", "0003"),
    "02": Lesson("0001", "0002"),
    "03": Lesson("0002", "0003"),
    "04": Lesson("0003", "0005"),
    "05": Lesson("0005", "0007"),
    "06": Lesson("0007", "0010"),
    "07": Lesson("0010", "0012"),
    "08": Lesson("0012", "0014"),
    "09": Lesson("0014", "0015"),
    "10": Lesson("0015", "0018"),
    "11": Lesson("0018", "0018"),
    "12": Lesson("0018", "0019"),
    "13": Lesson("0014", "0019"),
    "16": Lesson("0015", "0015"),
    "14": Lesson("0019", "0019"),
    "15": Lesson("0018", "0019"),
    "17": Lesson("0019", "0019"),
}
