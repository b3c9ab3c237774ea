"""The magics of a lesson: the commands of the terminal, files, and where one stands. The views add theirs.

Whatever goes wrong in one is said in a sentence that begins with its name; the notebook goes on.
"""

from __future__ import annotations

import io
import re
import shlex
from argparse import ArgumentError, ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from IPython import display
from sqlalchemy.exc import DatabaseError

from workbook import (
    capstone_magic,
    commands,
    compare,
    files,
    moves,
    museum,
    places,
    postgres,
    sessions,
    stage,
    testing,
)
from workbook.stage import Problem

COMMAND = re.compile(r"^\s*%(?:alembic|taskmaster)\b", re.MULTILINE)
MOVING = {"upgrade", "downgrade", "stamp"}
Shown = Any  # what a cell shows; None shows nothing


class _Cell:
    """The cell that is running, as far as a magic asks for it."""

    count_of_commands = 0
    keeps_rows = False  # `rows = %sql SELECT ...`

    def begins(self, info: Any) -> None:
        """IPython calls this before each cell."""
        text = info.raw_cell or ""
        self.count_of_commands = len(COMMAND.findall(text))
        self.keeps_rows = re.search(r"=\s*%sql\b", text) is not None


_cell = _Cell()


def alembic(line: str) -> None:
    """`%alembic upgrade head`: the words of the terminal."""
    here, (words, file) = stage.current(), _without_file(_words(line))
    if "edit" in words[:1]:
        raise Problem("there is no editor here; %show shows a file, and %%change changes it")
    folder = Path.cwd() if Path.cwd().is_relative_to(here.root) else here.root
    _refuse_a_second_file(here, words)
    if "--sql" not in words:
        _check_the_server(
            [word.removeprefix("url=") for word in words if word.startswith("url=")] or [here.said()]
        )
    target = None if file is None else _writable(here, file)
    look = not MOVING.isdisjoint(words)
    if look:
        _look(moves.before, here)
    written = None if target is None else io.StringIO()
    said = stage.said_url()
    status, output = commands.alembic(
        here.root, words, folder=folder, area=here.area, stdout=written,
        settings={stage.URL_VARIABLE: said} if said else None,
    )  # fmt: skip
    if target is not None and written is not None:
        target.write_text(written.getvalue(), encoding="utf-8", newline="\n")
    _print_command("alembic", line, status, postgres.steady(output))
    if look:
        _look(moves.after, here)
        _forget_connections()


def _check_the_server(urls: Sequence[str | None]) -> None:
    """Raises Problem where one of these URLs needs the lesson's server and there is none."""
    if any(url and url.startswith("postgresql") for url in urls):
        postgres.check()


def _without_file(words: list[str]) -> tuple[list[str], str | None]:
    """The words of a command, and the file behind a `>` at its end, if there is one."""
    if ">" not in words:
        return words, None
    at = words.index(">")
    if len(words) != at + 2:
        raise Problem("behind > stands the name of one file: %alembic upgrade 0001:0002 --sql > script.sql")
    return words[:at], words[-1]


def _writable(here: stage.Stage, file: str) -> Path:
    """Where `> FILE` writes. Raises Problem for what is not in the lesson's folder, or is a folder."""
    path = Path(file).resolve()
    if not path.is_relative_to(here.area) or not path.parent.is_dir():
        raise Problem(f"{file} is not in the lesson's folder")
    if path.is_dir():
        raise Problem(f"{file} is a folder")
    return path


def _refuse_a_second_file(here: stage.Stage, words: list[str]) -> None:
    """Alembic would write it, or write over the first; with two of one id it runs nothing any more."""
    options = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    options.add_argument("--rev-id")
    wanted = None
    with suppress(ArgumentError):
        wanted = options.parse_known_args(words)[0].rev_id
    path = wanted and _file_of(here, wanted)
    if path:
        raise Problem(
            f"{path} is revision {wanted} already, and two of one name break the history. Change that file "
            "with %%change; or, while the database is below it, delete it and run this again"
        )


def _file_of(here: stage.Stage, revision: str) -> str | None:
    """The file of a revision, as it is seen from the project; None when no file can be read that has it."""
    with commands.project(here.root), suppress(Exception):  # what it cannot read, alembic will name
        for found in here.script().walk_revisions():
            if found.revision == revision:
                return Path(found.path).relative_to(here.root).as_posix()
    return None


def _look(look: Callable[[stage.Stage], None], here: stage.Stage) -> None:
    """Remember the database for the ledger; one that cannot be read is alembic's to complain about."""
    with suppress(DatabaseError):
        look(here)


def _forget_connections() -> None:
    """An open connection of %sql may still believe in the schema that was there before."""
    from workbook import sqlmagic

    sqlmagic.forget()


def taskmaster(line: str) -> None:
    """`%taskmaster list`: the installed app on the database of the copy."""
    here, words = stage.current(), _words(line)
    if words[:2] == ["db", "upgrade"] and not here.has_whole_history():
        raise Problem("it would go beyond the history of this copy; %alembic upgrade head goes to its end")
    _check_the_server([here.said()])
    status, output = commands.taskmaster(here.root, here.app_url(), words)
    _print_command("taskmaster", line, status, postgres.steady(output))


def _print_command(name: str, line: str, status: int, output: str) -> None:
    """Print what a command wrote, behind its own words where the cell has several of them."""
    if _cell.count_of_commands > 1:
        print(f"$ {name} {line}".rstrip())
    print(output, end="" if output.endswith("\n") or not output else "\n")
    if status:
        print(f"[{name} ended with status {status}]")


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise Problem("a quotation mark is missing") from error


def sql(line: str, cell: str | None = None) -> Shown:
    """`%sql SELECT …` and `%%sql`: ipython-sql, on the database of the project in which one stands."""
    from workbook import sqlmagic

    return sqlmagic.run(stage.current(), f"{line}\n{cell}" if cell else line)


LINE: dict[str, Callable[[str], Shown]] = {
    "alembic": alembic,
    "taskmaster": taskmaster,
    "pytest": testing.magic,
    "folder": places.folder,
    "copy": places.copy,
    "back": places.back,
    "pull": places.pull,
    "database": places.database,
    "exhibit": museum.exhibit,
    "capstone": capstone_magic.enter,
    "compare": compare.show,
    "show": files.show,
    "models": files.models,
}
CELL: dict[str, Callable[[str, str], Shown]] = {"file": files.write, "change": files.change}


def register(shell: Any) -> None:
    """Make the magics known to a notebook's shell."""
    shell.events.register("pre_run_cell", _cell.begins)
    from workbook import measures, turn_magics, views

    for name, line_magic in (LINE | views.MAGICS | measures.MAGICS | turn_magics.MAGICS).items():
        shell.register_magic_function(_safe_line(name, line_magic), "line", name)
    for name, cell_magic in CELL.items():
        shell.register_magic_function(_safe_cell(name, cell_magic), "cell", name)
    shell.register_magic_function(_safe_sql, "line_cell", "sql")
    shell.register_magic_function(_safe_postgres, "line_cell", "postgres")
    shell.register_magic_function(_safe_session, "line_cell", "session")


def _safe_line(name: str, run: Callable[[str], Shown]) -> Callable[[str], Shown]:
    return lambda line: _display(guarded(f"%{name}", lambda: run(line)))


def _safe_cell(name: str, run: Callable[[str, str], Shown]) -> Callable[[str, str], Shown]:
    return lambda line, cell: _display(guarded(f"%%{name}", lambda: run(line, cell)))


def _display(shown: Shown) -> None:
    """Show it where it stands: as the value of a cell, only that of the last line would be seen."""
    if shown is not None:
        untyped: Any = display
        untyped.display(shown)


def _safe_sql(line: str, cell: str | None = None) -> Shown:
    result = guarded("%sql" if cell is None else "%%sql", lambda: sql(line, cell))
    if _cell.keeps_rows:
        return result
    _display(result)
    return None


def _safe_postgres(line: str, cell: str | None = None) -> None:
    if cell is None:
        guarded("%postgres", lambda: postgres.use(line))
    else:
        _display(guarded("%%postgres", lambda: postgres.run(line, cell)))


def _safe_session(line: str, cell: str | None = None) -> None:
    if cell is None:
        guarded("%session", lambda: sessions.line(line))
    else:
        guarded("%%session", lambda: sessions.cell(line, cell))


def guarded(name: str, run: Callable[[], Shown]) -> Shown:
    """Run a magic; what goes wrong is printed as one sentence that begins with its NAME."""
    try:
        return run()
    except Problem as problem:
        sentence = str(problem)
    except Exception as error:
        sentence = commands.one_line(error)
    if not sentence.startswith(name):
        sentence = f"{name}: {sentence.removeprefix(name.removeprefix('%') + ': ')}"
    print(sentence if sentence.endswith((".", "?", "!")) else f"{sentence}.")
    return None
