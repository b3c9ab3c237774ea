"""The commands of the terminal, run in this process: no shell, no subprocess, no thread.

What they print is what a terminal shows, but for three things that depend on the machine: the path of the
project is left out, an error is its one line instead of a traceback, and there are no colours.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import re
import sys
import warnings
from argparse import Action, ArgumentParser, HelpFormatter, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic.config import CommandLine, Config
from alembic.ddl.impl import _impls
from alembic.ddl.sqlite import SQLiteImpl
from alembic.runtime.migration import RevisionStep
from alembic.script.revision import Revision, RevisionMap
from alembic.util import CommandError, messaging
from sqlalchemy import Engine, event
from sqlalchemy.exc import StatementError

from workbook import server

APP = Path(__file__).resolve().parents[2]  # where the installed taskmaster is imported from
PACKAGES = {"migrations", "models", "taskmaster"}
# What a terminal gives a command, as far as it shows: a width, and no colours.
TERMINAL = {"COLUMNS": "80", "LINES": "24", "NO_COLOR": "1", "TERM": "dumb"}
# What would send a command of the lesson to another project or another database.
ELSEWHERE = ("TASKMASTER_DATABASE_URL", "ALEMBIC_CONFIG", "FORCE_COLOR", "CLICOLOR_FORCE")
SILENT = ("alembic.util.messaging", "alembic.runtime.plugins")  # both say what is printed anyway, or nothing
INTERRUPTED = 130


class OutsideError(CommandError):
    """A command of the lesson was about to reach for something outside of the lesson's folders."""

    def __init__(self, name: str) -> None:
        super().__init__(f"in a lesson, alembic stays in the lesson's own folders, and {name} is not there")


def alembic(
    root: Path,
    argv: Sequence[str],
    *,
    folder: Path | None = None,
    area: Path | None = None,
    stdout: io.StringIO | None = None,
    settings: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run `alembic ARGV` as if in a terminal in the project ROOT (or in FOLDER, below it).

    SETTINGS are environment variables, set for as long as it runs.

    Returns the exit status and all that it wrote; with STDOUT, as behind a `>`, what is no message goes
    there. Databases can be opened only inside of AREA (ROOT, when not given). Never raises.
    """
    out = io.StringIO()
    with (
        project(root, folder=folder, out=out, settings=settings),
        _databases_only_in(area or root),
        redirect_stdout(stdout or out),
    ):
        if stdout is not None:  # Alembic prints why it failed, into the file; then its log is what one sees
            logging.getLogger(SILENT[0]).removeFilter(_nothing)
        status = _status_of(lambda: _alembic(argv, stdout or out, area or root), out)
    return status, relative(out.getvalue(), root)


def _alembic(argv: Sequence[str], out: io.StringIO, area: Path) -> None:
    """What `CommandLine.main` does, but writing to OUT: its own default is the stdout of the import."""
    line = CommandLine("alembic")
    for parser in _parsers(line.parser):
        parser.formatter_class = Help
    options = line.parser.parse_args(list(argv))
    if not hasattr(options, "cmd"):
        line.parser.error("too few arguments")
    _check_paths(options, area)
    toml, ini = line._inis_from_config(options)
    config = Config(
        file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options, stdout=out, output_buffer=out
    )
    line.run_cmd(config, options)


def _parsers(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """A parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action.choices, dict):
            yield from action.choices.values()


class Help(HelpFormatter):
    """Help as Python 3.13 and later write it (`-c, --config CONFIG`), whichever Python this is."""

    def _format_action_invocation(self, action: Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


def _check_paths(options: Namespace, area: Path) -> None:
    """Refuse to read or write a project outside of AREA: FAILED, as Alembic itself says it."""
    given = [
        *(options.config or ()),
        getattr(options, "directory", None),
        getattr(options, "version_path", None),
    ]
    for name in given:
        if name and not Path(name).resolve().is_relative_to(area):
            messaging.err(str(OutsideError(name)))


def taskmaster(root: Path, url: str, argv: Sequence[str]) -> tuple[int, str]:
    """Run the installed app as `taskmaster ARGV`, on the database URL. Returns what `alembic` returns."""
    out = io.StringIO()
    with _fresh(root), _environment({"TASKMASTER_DATABASE_URL": url}), _captured(out):
        sys.path.insert(0, str(APP))

        def run() -> int:
            cli: Any = importlib.import_module("taskmaster.cli")
            return int(cli.run(list(argv)) or 0)

        status = _status_of(run, out)
    return status, relative(out.getvalue(), root)


@contextmanager
def project(
    root: Path,
    *,
    folder: Path | None = None,
    out: io.StringIO | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Stand in a project: its packages are imported anew from its files, and forgotten afterwards.

    As in a terminal, it is `prepend_sys_path` in alembic.ini that lets env.py find them.
    What is printed or logged goes to OUT. Working folder, imports, logging, warnings and Alembic's own
    registry are put back at the end, whatever the project's env.py did to them.
    """
    with (
        _fresh(root),
        standing_in(folder or root),
        _environment(settings or {}),
        stock_alembic(),
        _steady_order(),
        _captured(out or io.StringIO()),
    ):
        yield


def relative(text: str, root: Path) -> str:
    """TEXT with the paths of the project ROOT written as they are seen from there.

    Addresses in memory, which Alembic prints where SQLAlchemy has no words, are left out: they are others
    every time. Choices are listed as newer Pythons do it.
    """
    text = text.replace(f"{root}{os.sep}", "").replace(str(root), ".")
    text = re.sub(r"\}\n +\.\.\.\n", "} ...\n", text)
    text = re.sub(r"\(choose from .*\)", lambda found: found[0].replace("'", ""), text)
    return re.sub(r" at 0x[0-9a-fA-F]+(?=[>;])", " at 0x…", text)


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """Make FOLDER the working folder for a while."""
    before = Path.cwd() if _cwd_exists() else folder
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _cwd_exists() -> bool:
    try:
        return Path.cwd().is_dir()
    except FileNotFoundError:
        return False


def _status_of(run: Callable[[], object], out: io.StringIO) -> int:
    """Run a command; its exit status. An error is written to OUT as the one line that counts."""
    try:
        result = run()
    except SystemExit as stop:
        return _exit_status(stop.code, out)
    except KeyboardInterrupt:
        out.write("Interrupted.\n")
        return INTERRUPTED
    except Exception as error:
        out.write(f"{one_line(error)}\n")
        return 1
    return result if isinstance(result, int) else 0


def _exit_status(code: object, out: io.StringIO) -> int:
    """The status that a terminal would see; a text instead of a number is printed there, and is 1."""
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF if code in (None, 0, 1, 2) else 1
    out.write(f"{code}\n")
    return 1


def one_line(error: BaseException) -> str:
    """The last line of a traceback, without the driver's name and the link to a web page."""
    name = type(error).__name__
    reason = error.orig if isinstance(error, StatementError) and error.orig else error
    message = re.sub(r"\(Background on this error at: .*?\)", "", str(reason))
    message = " ".join(message.split())
    return f"{name}: {message}" if message else name


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    os.environ.update({**TERMINAL, **changes})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _fresh(root: Path) -> Iterator[None]:
    """Let the body import the project's packages anew, and put back what was imported before."""
    before, path = _taken_out(root), list(sys.path)
    importlib.invalidate_caches()
    # Not the folder in which the notebook stands: `import taskmaster` must mean one thing
    sys.path[:] = [entry for entry in path if entry not in ("", ".")]
    try:
        yield
    finally:
        _taken_out(root)
        sys.modules.update(before)
        sys.path[:] = path


def _taken_out(root: Path) -> dict[str, ModuleType]:
    """Take the modules out of sys.modules that belong to a project."""
    inside = f"{root}{os.sep}"
    found = {name: module for name, module in list(sys.modules.items()) if _belongs(name, module, inside)}
    for name in found:
        del sys.modules[name]
    return found


def _belongs(name: str, module: ModuleType, inside: str) -> bool:
    if name.partition(".")[0] in PACKAGES:
        return True  # without a look at it: to look would load a lazy module
    file = getattr(module, "__file__", None)
    return bool(file and file.startswith(inside))


@contextmanager
def _captured(out: io.StringIO) -> Iterator[None]:
    """Send what is printed, logged or warned to OUT, in the order in which it comes."""
    with _logging_kept(), warnings.catch_warnings(), redirect_stdout(out), redirect_stderr(out):
        warnings.showwarning = _show_warning
        yield


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    print(f"{category.__name__}: {message}", file=sys.stderr)


@contextmanager
def _logging_kept() -> Iterator[None]:
    """Begin without handlers, as a terminal does, and put all loggers back as they were."""
    root = logging.getLogger()
    loggers = [root, *(item for item in root.manager.loggerDict.values() if isinstance(item, logging.Logger))]
    before = [(each, each.handlers[:], each.level, each.disabled, each.propagate) for each in loggers]
    root.handlers[:] = []
    root.setLevel(logging.WARNING)
    silent = [logging.getLogger(name) for name in SILENT]
    for each in silent:
        each.addFilter(_nothing)
    try:
        yield
    finally:
        for each in silent:
            each.removeFilter(_nothing)
        for each, handlers, level, disabled, propagate in before:
            each.handlers[:] = handlers
            each.disabled, each.propagate = disabled, propagate
            if each.level != level:  # else all that loggers remember would be forgotten
                each.setLevel(level)


def _nothing(_record: logging.LogRecord) -> bool:
    return False


@contextmanager
def stock_alembic() -> Iterator[None]:
    """Begin with Alembic's own SQLite: a project's guards register theirs in its place, for good."""
    width, messaging.TERMWIDTH = messaging.TERMWIDTH, None
    before = dict(_impls)
    _impls["sqlite"] = SQLiteImpl
    try:
        yield
    finally:
        _impls.clear()
        _impls.update(before)
        messaging.TERMWIDTH = width


class _InOrder(frozenset[Any]):
    """A set that is always gone through in the same order, and so are those that it is joined to."""

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(super().__iter__()))

    def union(self, *others: Any) -> _InOrder:
        return _InOrder(super().union(*others))


@contextmanager
def _steady_order() -> Iterator[None]:
    """Let Alembic name branches in the order of their ids: its sets have another order in every run."""
    current = RevisionMap._get_all_current
    before = Revision.nextrev, Revision._all_nextrev
    unmerged = RevisionStep._unmerge_to_revisions

    def in_order(self: RevisionMap, ids: tuple[str, ...]) -> Any:
        return sorted(current(self, ids), key=lambda revision: str(getattr(revision, "revision", "")))

    def unmerged_in_order(self: RevisionStep, heads: set[str]) -> tuple[str, ...]:
        return tuple(sorted(unmerged(self, heads)))

    step: Any = RevisionStep
    step._unmerge_to_revisions = unmerged_in_order
    patched: Any = RevisionMap
    patched._get_all_current = in_order
    Revision.nextrev = Revision._all_nextrev = _InOrder()
    try:
        yield
    finally:
        step._unmerge_to_revisions = unmerged
        patched._get_all_current = current
        Revision.nextrev, Revision._all_nextrev = before


@contextmanager
def _databases_only_in(area: Path) -> Iterator[None]:
    """Refuse to open a SQLite file outside of AREA, or any server but the lesson's, whatever the URL says."""

    def look(dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        if dialect.name == "sqlite":
            if arguments and _is_file_outside(str(arguments[0]), area):
                raise OutsideError("that database")
        elif not server.is_the_lessons(options):
            raise OutsideError("that server")

    event.listen(Engine, "do_connect", look)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", look)


def _is_file_outside(name: str, area: Path) -> bool:
    path = name.removeprefix("file:").partition("?")[0]
    return path not in ("", ":memory:") and not Path(path).resolve().is_relative_to(area)
