"""The SQLite connection under SQLAlchemy: aiosqlite, made safe against cancelled tasks.

A request that is cut off cancels its task in the middle of a statement, while the connection's
thread goes on with it. Plain aiosqlite then leaves the outcome to chance: closing waits for ever,
or the write lock stays taken. Here a cancelled task first sees its statement end.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import aiosqlite

BUSY_MS = 5_000
"""How long a statement waits for another process that is writing."""

_ROWS_AT_ONCE = 64

T = TypeVar("T")


class _File(sqlite3.Connection):
    """Lets go of the write lock when it is closed.

    SQLite keeps a closed connection, with its transaction, for as long as one of its cursors lives,
    and the traceback of a cancelled task can hold a cursor for long.
    """

    def close(self) -> None:
        try:
            if self.in_transaction:
                self.rollback()
        finally:
            super().close()


class PatientConnection(aiosqlite.Connection):
    """Every call runs to its end, and only then is a cancellation raised."""

    def __init__(self, open_it: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(open_it, _ROWS_AT_ONCE)
        self._stopped: asyncio.Future[Any] | None = None
        # A process that ends without having closed its pool must not wait for the thread.
        self._thread.daemon = True

    def stop(self) -> asyncio.Future[Any] | None:
        """Stops the thread once: it would never answer to a second call."""
        if self._stopped is None:
            self._stopped = super().stop()
        return self._stopped

    def interrupt_now(self) -> None:
        """End the statement that runs, with SQLITE_INTERRUPT; harmless where none does."""
        self._conn.interrupt()

    async def _connect(self) -> aiosqlite.Connection:
        try:
            return await _to_the_end(super()._connect())
        except BaseException:
            await self.close()
            raise

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await _to_the_end(super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        stopped = self.stop()
        if stopped is not None:
            await _to_the_end(stopped)


def connector(path: Path, *, writes: bool) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """What opens connections to the file at ``path`` for SQLAlchemy's ``async_creator``."""

    def connect() -> Awaitable[aiosqlite.Connection]:
        return PatientConnection(lambda: open_file(path, writes=writes))

    return connect


def open_file(path: Path, *, writes: bool = True, foreign_keys: bool = True) -> sqlite3.Connection:
    """A durable and strict connection without implicit transactions.

    ``mode=rw``: a file that is missing is an error, never a new and empty database.
    """
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw",
        uri=True,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        factory=_File,
    )
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
            f"query_only = {'OFF' if writes else 'ON'}",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


async def _to_the_end(work: Awaitable[T]) -> T:
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()
