"""The lesson kit. A notebook begins with `from workbook import lesson; lesson("02")`."""

from __future__ import annotations

import sys

__all__ = ["lesson"]


def lesson(number: str) -> None:
    """Make a fresh copy of the project for a lesson, and stand in it; says so in one line."""
    from workbook import stage

    try:
        print(stage.begin(number))
    except stage.Problem as problem:
        print(f"lesson: {problem}.")


def _register() -> None:
    """In a notebook, know the magics from the import on: before the lesson they say what is missing."""
    if "IPython" in sys.modules:
        from IPython import get_ipython

        if (shell := get_ipython()) is not None:
            from workbook import magics

            magics.register(shell)


_register()
