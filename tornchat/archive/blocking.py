"""The database asked without an event loop around it, for the moments before there is one.

Importing SQLAlchemy costs the better part of a second, which a start that finds all in order does
not need to spend.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import quote

from tornchat.archive.address import Address, PostgresDatabase, SqliteFile
from tornchat.domain.errors import DatabaseUnusable

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")
LOCK_WAIT_S = 5.0


class Conversation(Protocol):
    """One transaction that has the write lock."""

    def ask(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """The rows that a statement gives; ``$1``, ``$2`` stand for the values."""

    def tables(self) -> set[str]:
        """The names of all tables."""


@contextmanager
def converse(address: Address) -> Iterator[Conversation]:
    """A transaction, committed at the end of the block, rolled back where it raises.

    Raises `DatabaseUnusable`, in one line, for whatever is wrong with the database. Not to be
    called inside an event loop.
    """
    if isinstance(address, SqliteFile):
        with _with_file(address) as file:
            yield file
    else:
        with _with_server(address) as server:
            yield server


class _File:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def ask(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement.replace("$", "?"), values).fetchall()

    def tables(self) -> set[str]:
        return {name for (name,) in self.ask("SELECT name FROM sqlite_master")}


@contextmanager
def _with_file(address: SqliteFile) -> Iterator[_File]:
    try:
        connection = _open(address.path)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield _File(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"The database {address.shown} cannot be used: {error}.") from error


def _open(path: Path) -> sqlite3.Connection:
    """``mode=rw``: a file that is missing is an error, never a new and empty database."""
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw",
        uri=True,
        timeout=LOCK_WAIT_S,
        isolation_level=None,
    )


class _Server:
    def __init__(self, runner: asyncio.Runner, address: PostgresDatabase) -> None:
        from tornchat.archive import postgres_driver

        self._runner = runner
        self._driver = postgres_driver
        self._address = address
        self._connection: asyncpg.Connection = runner.run(
            postgres_driver.connect_patiently(address)
        )

    def ask(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._run(self._connection.fetch(statement, *values))]

    def tables(self) -> set[str]:
        found = self.ask("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema")
        return {name for (name,) in found}

    def begin(self) -> None:
        """Begin to write. Raises `DatabaseUnusable` for what is no fit PostgreSQL."""
        ((version, encoding, replica),) = self.ask(
            "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),"
            " pg_is_in_recovery()"
        )
        where = f"The database {self._address.shown}"
        if version < self._driver.OLDEST * 10_000:
            raise DatabaseUnusable(
                f"{where} is a PostgreSQL {version // 10_000}; {self._driver.OLDEST} or newer is"
                " needed."
            )
        if encoding != "UTF8":
            raise DatabaseUnusable(
                f"{where} cannot hold every character (its encoding is {encoding}): make one with"
                " createdb --encoding UTF8 --template template0."
            )
        if replica:
            raise DatabaseUnusable(f"{where} is a replica: give the URL of its primary.")
        self.ask("BEGIN")
        self.ask(self._driver.TAKE_WRITE_LOCK)

    def close(self) -> None:
        """Close the connection; what was not committed is rolled back."""
        self._run(self._connection.close(timeout=self._driver.CONNECT_S))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(work)
        except self._driver.ERRORS as error:
            raise self._driver.why_not(self._address, error) from error


@contextmanager
def _with_server(address: PostgresDatabase) -> Iterator[_Server]:
    with asyncio.Runner() as runner:
        server = _Server(runner, address)
        try:
            server.begin()
            yield server
            server.ask("COMMIT")
        finally:
            server.close()
