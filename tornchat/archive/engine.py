"""Connections to the database, and what its absence means.

Reading and writing have a small pool each. On SQLite the writing pool holds one connection: within
a process writers queue there, in order and without sleeping; between processes BEGIN IMMEDIATE
and the busy time-out do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import exc, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tornchat.archive.address import sqlite_path
from tornchat.archive.driver import connector
from tornchat.archive.schema import marks
from tornchat.archive.sqlite import notice_another_file, take_the_write_lock_first
from tornchat.domain.errors import DatabaseAway

log = logging.getLogger(__name__)

_READERS = 4
_WRITERS = 1
_POOL_WAIT_S = 5.0
_FRESH_S = 15.0
"""How long a write that failed counts. Whoever archives tries again about every second, and waits
up to `driver.BUSY_MS` each time."""


class Database:
    """The database at ``url`` (as in `address.sqlite_path`); connects when it is first used.

    Whatever keeps it from answering (gone, locked, full, unreadable, too busy) is raised as
    `DatabaseAway`. An IntegrityError passes through for the caller to name.
    """

    def __init__(self, url: str) -> None:
        path = sqlite_path(url)
        self._reading = _engine(path, _READERS, writes=False)
        self._writing = _engine(path, _WRITERS, writes=True)
        self._troubles: dict[str, str] = {}
        self._write_failed = 0.0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that cannot write; each statement sees what is committed by then."""
        with self._away_where_it_fails("reading"):
            async with self._reading.connect() as conn:
                yield conn

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back where it raises.

        Keep it short and wait for nothing but the database inside: on SQLite there is one writer
        at a time, over all processes.
        """
        with self._away_where_it_fails("writing"):
            async with self._writing.begin() as conn:
                yield conn

    async def ping(self) -> None:
        """Raises `DatabaseAway` unless the database answers a query on its tables, and after a
        write of this process has failed: a database that another process has locked can still be
        read."""
        async with self.read() as conn:
            await conn.execute(select(marks.c.value).limit(1))
        if "writing" in self._troubles and time.monotonic() - self._write_failed < _FRESH_S:
            raise DatabaseAway()

    async def close(self) -> None:
        """Closes the pooled connections; a block still open closes its own at its end."""
        await self._reading.dispose()
        await self._writing.dispose()

    @contextmanager
    def _away_where_it_fails(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (exc.DBAPIError, exc.TimeoutError) as error:
            if not _means_away(error):
                raise
            self._note(doing, _reason(error))
            raise DatabaseAway() from error
        self._note(doing, None)

    def _note(self, doing: str, trouble: str | None) -> None:
        """Logs a trouble when it begins and when it ends, not at every request in between."""
        if trouble and doing == "writing":
            self._write_failed = time.monotonic()
        if trouble == self._troubles.get(doing):
            return
        if trouble:
            log.error("database away: %s (%s)", trouble, doing)
            self._troubles[doing] = trouble
        else:
            log.info("database is back (%s)", doing)
            del self._troubles[doing]


def _engine(path: Path, size: int, *, writes: bool) -> AsyncEngine:
    engine = create_async_engine(
        "sqlite+aiosqlite:///" + path.name,
        async_creator=connector(path, writes=writes),
        pool_size=size,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        hide_parameters=True,
    )
    notice_another_file(engine.sync_engine, path)
    if writes:
        take_the_write_lock_first(engine.sync_engine)
    return engine


def _means_away(error: exc.SQLAlchemyError) -> bool:
    """The bare DatabaseError is SQLite's for "not a database" and "malformed"."""
    kinds = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
    return isinstance(error, kinds) or type(error) is exc.DatabaseError


def _reason(error: exc.SQLAlchemyError) -> str:
    return str(error.orig) if isinstance(error, exc.DBAPIError) else "every connection is busy"
