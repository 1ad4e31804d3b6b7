"""Connections to the database, and what its absence means.

Reading and writing have a small pool each. The writing pool holds one connection: within a process
writers queue there, in order and without sleeping. Between processes BEGIN IMMEDIATE and the busy
time-out do on SQLite, an advisory lock and its time-out on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from sqlalchemy import exc, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.address import SqliteFile, address_of
from tornchat.archive.schema import marks
from tornchat.domain.errors import DatabaseAway

log = logging.getLogger(__name__)

_READERS = 4
_WRITERS = 1
_POOL_WAIT_S = 5.0
_FRESH_S = 15.0
"""How long a write that failed counts. Whoever archives tries again about every second, and waits
up to `driver.BUSY_MS` each time."""
_PING_S = 2.0
"""A load balancer that asks does not wait much longer for the answer."""


class Database:
    """The database at ``url`` (as in `address.address_of`); connects when it is first used.

    Whatever keeps it from answering (gone, locked, full, unreadable, too busy) is raised as
    `DatabaseAway`. An IntegrityError passes through for the caller to name.
    """

    def __init__(self, url: str) -> None:
        address = address_of(url)
        self._state: Callable[[float], object | None]
        pooling = {"max_overflow": 0, "pool_timeout": _POOL_WAIT_S}
        if isinstance(address, SqliteFile):
            from tornchat.archive import sqlite

            self._reading = sqlite.engine(address, writes=False, pool_size=_READERS, **pooling)
            self._writing = sqlite.engine(address, writes=True, pool_size=_WRITERS, **pooling)
            self._means_away = sqlite.means_away
            self._state = partial(sqlite.state, address)
        else:
            from tornchat.archive import postgres  # only who uses it pays for asyncpg

            self._reading = postgres.engine(address, writes=False, pool_size=_READERS, **pooling)
            self._writing = postgres.engine(address, writes=True, pool_size=_WRITERS, **pooling)
            self._means_away = postgres.means_away
            self._state = _unknown
        self._pinging: asyncio.Task[None] | None = None
        self._troubles: dict[str, str] = {}
        self._write_failed = 0.0

    def state(self) -> object | None:
        """Something that is the same for as long as nobody has written; None where only a query can
        tell."""
        return self._state(time.time())

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that cannot write; each statement sees what is committed by then."""
        with self._away_where_it_fails("reading"):
            async with self._reading.connect() as conn:
                yield conn

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back where it raises.

        Keep it short and wait for nothing but the database inside: there is one writer at a time,
        over all processes and nodes.
        """
        with self._away_where_it_fails("writing"):
            async with self._writing.begin() as conn:
                yield conn

    async def ping(self) -> None:
        """Raises `DatabaseAway` unless the database answers a query on its tables within 2 s, and
        after a write of this process has failed: a database that another process has locked can
        still be read."""
        if self._pinging is None or self._pinging.done():
            self._pinging = asyncio.ensure_future(self._look())
        done, _ = await asyncio.wait((self._pinging,), timeout=_PING_S)
        if not done:
            raise DatabaseAway()
        self._pinging.result()
        if "writing" in self._troubles and time.monotonic() - self._write_failed < _FRESH_S:
            raise DatabaseAway()

    async def _look(self) -> None:
        async with self.read() as conn:
            await conn.execute(select(marks.c.value).limit(1))

    async def close(self) -> None:
        """Closes the pooled connections; a block still open closes its own at its end."""
        if self._pinging is not None:
            self._pinging.cancel()
            await asyncio.wait((self._pinging,))
        await self._reading.dispose()
        await self._writing.dispose()

    @contextmanager
    def _away_where_it_fails(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (exc.DBAPIError, exc.TimeoutError) as error:
            if not self._is_away(error):
                raise
            self._note(doing, _reason(error))
            raise DatabaseAway() from error
        self._note(doing, None)

    def _is_away(self, error: exc.DBAPIError | exc.TimeoutError) -> bool:
        kinds = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
        return isinstance(error, kinds) or self._means_away(error)

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


def _unknown(now: float) -> None:
    """PostgreSQL shows nothing of it from outside."""


def _reason(error: exc.SQLAlchemyError) -> str:
    return str(error.orig if isinstance(error, exc.DBAPIError) else error)
