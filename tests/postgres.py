"""The lessons' PostgreSQL server, for the tests: one a worker, with as many databases as they ask for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import URL, NullPool, create_engine
from workbook import server as programs
from workbook.server import CannotRunHereError

__all__ = ["PASSWORD", "CannotRunHereError", "Server", "server"]

# Awkward on purpose: each of these characters means something in a URL or in an ini file.
PASSWORD = "p%40ss%w@rd:/#?"


class Server:
    """A running server, and how many databases were made on it."""

    def __init__(self, running: programs.Server) -> None:
        self.running = running
        self.port = running.port
        self.made = 0

    def url(self, database: str = programs.FIRST) -> URL:
        return self.running.url(database)

    def new_database(self, template: str = "template0") -> URL:
        """Make a database of its own name, a copy of TEMPLATE, to which nobody may be connected."""
        self.made += 1
        return self.running.create(f"test_{self.made}", template)

    def drop(self, url: URL) -> None:
        """Remove a database, and whoever is still connected to it."""
        assert url.database
        self.running.drop(url.database)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start a server; stop and remove it afterwards.

    Raises CannotRunHereError when this platform has no such programs, or cannot run them.
    """
    running = programs.start(PASSWORD)
    try:
        _let_in_quickly(running)
        yield Server(running)
    finally:
        running.stop()


def _let_in_quickly(running: programs.Server) -> None:
    """Let a connection compute one hash of the password, and not 4096: the tests make thousands of them."""
    secret = PASSWORD.replace("%", "%%")
    with create_engine(running.url(), poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(
            f"SET scram_iterations = 1; ALTER ROLE {programs.USER} PASSWORD '{secret}'"
        )
