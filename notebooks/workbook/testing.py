"""pytest, run in this process on a project: no subprocess, every module anew, always the same output.

It is the real pytest, and these words of the terminal: `%pytest -k sqlite`. What differs from day to day or
from machine to machine is left out: versions, times, the percentages, and of a failure the lines that are
not the project's own. Plugins that happen to be installed are left out too, but for pytest-alembic.
"""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.config import Config

from workbook import commands, postgres, stage
from workbook.stage import Problem
from workbook.throwaway import in_a_hurry

WIDTH = 80
LONGEST = 94  # what is longer would be broken on the page anywhere
GUESS = re.compile(r"\. Did you (?:mean|forget)\b.*\?$", re.MULTILINE)  # added by Python 3.12 and newer
TEMPORARY = ".pytest"  # where tests get their tmp_path
SWITCHES = (
    "--no-header",
    "--color=no",
    "--capture=sys",  # a kernel has no file descriptors of its own to capture
    "--show-capture=no",
    "-rN",  # the failures stand above; a summary of them would be cut off where the line ends
    "-oconsole_output_style=classic",
    "-pno:cacheprovider",
    "-pno:faulthandler",
    "-pno:unraisableexception",  # it collects garbage twice, in all that the kernel holds
    "-pno:threadexception",
    "-Wignore::pytest.PytestAssertRewriteWarning",  # a plugin that was imported in an earlier run
)


@dataclass
class Run:
    """What a run of pytest said. `failed` holds the tests that failed or broke down, each with its place."""

    status: int = 0
    output: str = ""
    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def magic(line: str) -> None:
    """`%pytest -k sqlite`: the words of the terminal, in the project in which one stands."""
    here = stage.current()
    if importlib.util.find_spec("pytest") is None:
        raise Problem("pytest is not installed here; pipenv sync --dev installs it")
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise Problem("a quotation mark is missing") from error
    with _no_file_is_kept():
        found = run(here.root, words, area=here.area)
    print(postgres.steady(found.output), end="")


@contextmanager
def _no_file_is_kept() -> Iterator[None]:
    """A connection of %sql must not hold a database that a test makes anew."""
    from workbook import sqlmagic

    sqlmagic.forget()
    yield
    sqlmagic.forget()


def run(root: Path, argv: Sequence[str], *, area: Path | None = None) -> Run:
    """Run `pytest ARGV` as if in a terminal in the project ROOT. Never raises.

    Databases can be opened only inside of AREA (ROOT, when not given), or on the lesson's own server. As with
    `python -m pytest`, a test can import what lies in ROOT.
    """
    import pytest

    kept = area or root
    out, found = io.StringIO(), Run()
    watcher = _Watcher(root, found)
    words = [
        *SWITCHES,
        f"--rootdir={root}",
        f"--confcutdir={root}",
        f"--basetemp={kept / TEMPORARY}",
        *(() if (root / "pytest.ini").is_file() else ("-c", os.devnull)),
        *(("-ppytest_alembic.plugin",) if _has_alembic() else ()),
        *argv,
    ]
    with (
        commands.project(root, out=out),
        commands._databases_only_in(kept),
        _without_variables_of_pytest(),
        _printing_where_it_is_captured(),
        in_a_hurry(),
    ):
        sys.path.insert(0, str(root))
        found.status = commands._status_of(lambda: int(pytest.main(words, plugins=[watcher])), out)
    found.output = _steady(commands.relative(out.getvalue(), root))
    return found


def _has_alembic() -> bool:
    return importlib.util.find_spec("pytest_alembic") is not None


@contextmanager
def _without_variables_of_pytest() -> Iterator[None]:
    """Those of a pytest that runs this one (nbval), and no plugin but those that are named.

    In CI, which these two variables tell, pytest shows longer comparisons than on a desk.
    """
    ours = [name for name in os.environ if name.startswith("PYTEST_") or name in ("CI", "BUILD_NUMBER")]
    before = {name: os.environ.pop(name) for name in ours}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("PYTEST_")]:
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _printing_where_it_is_captured() -> Iterator[None]:
    """Let Alembic print to the stdout of the moment; its own default is the one of its import."""
    first = Config.__init__

    def begin(self: Config, *arguments: Any, **options: Any) -> None:
        given: dict[str, Any] = {"stdout": sys.stdout} | options
        first(self, *arguments, **given)

    patched: Any = Config
    patched.__init__ = begin
    try:
        yield
    finally:
        patched.__init__ = first


class _Watcher:
    """A plugin that keeps what each test did, and says of a failure where in the project it was, and why."""

    def __init__(self, root: Path, found: Run) -> None:
        self.root, self.found = root, found

    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """Make pytest's own report, with a shorter reason."""
        import pytest

        report = pytest.TestReport.from_item_and_call(item, call)
        if report.failed:
            report.longrepr = self._why(call.excinfo)
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep it."""
        name = _named(report.nodeid)
        if report.failed:
            self.found.failed[name] = self._place
            self.found.reasons[name] = self._reason
        elif report.skipped:
            self.found.skipped.append(name)
        elif report.when == "call":
            self.found.passed.append(name)

    def pytest_collectreport(self, report: Any) -> None:
        """Keep what could not even be imported, and why."""
        if report.failed:
            said = re.findall(r"^E +(.*)$", GUESS.sub("", str(report.longrepr)), re.MULTILINE)
            own = r"^(?!/|[A-Z]:|<|\.\.|\S*\.venv)(\S+\.py):(\d+): in .*$"
            places = re.findall(own, commands.relative(str(report.longrepr), self.root), re.MULTILINE)
            self.found.failed[report.nodeid] = ", line ".join(places[-1]) if places else report.nodeid
            self.found.reasons[report.nodeid] = said[-1] if said else ""
            report.longrepr = "\n".join(
                [
                    *(f"{path}:{line}" for path, line in places),
                    *(f"E   {part}" for line in said for part in _wrapped(line)),
                ]
            )

    def _why(self, raised: Any) -> str:
        """The lines of the project on the way to an error, each with its place, and the error."""
        own = [entry for entry in raised.traceback if Path(entry.path).is_relative_to(self.root)]
        self._reason = commands.relative(commands.one_line(raised.value), self.root)
        lines = []
        for entry in [*own[:1], *own[1:][-1:]]:  # the test, and where in the project it ended
            short = Path(entry.path).relative_to(self.root).as_posix()
            self._place = f"{short}, line {entry.lineno + 1}, in {entry.name}()"
            lines.append(f"{short}:{entry.lineno + 1}: in {entry.name}")
            lines.append(f"    {str(entry.statement).strip()}")
        said = str(raised.value) if isinstance(raised.value, AssertionError) else self._reason
        told = [part for line in said.splitlines() for part in _wrapped(line)]
        return "\n".join([*lines, *(f"E   {line}".rstrip() for line in told or [self._reason])])

    _place = ""
    _reason = ""


def _named(node: str) -> str:
    """A test, without the file that it is in."""
    return node.partition("::")[2]


def _wrapped(line: str) -> list[str]:
    """A line as a terminal would show it: broken where it ends, and a very long one cut off."""
    found = textwrap.wrap(line, LONGEST, subsequent_indent="  ", max_lines=5, placeholder=" …")
    return found or [""]


def _steady(text: str) -> str:
    """The output without how long it took."""
    text = re.sub(r" in \d+\.\d+s( \(\d+:\d+:\d+\))?(?= =+$)", "", text, flags=re.MULTILINE)
    return re.sub(
        r"^=+ (.*\b(?:passed|failed|errors?|skipped|deselected|ran)\b.*?) =+$",
        _ruled,
        text,
        flags=re.MULTILINE,
    )


def _ruled(found: re.Match[str]) -> str:
    return f" {found[1]} ".center(WIDTH, "=")
