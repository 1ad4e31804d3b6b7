"""PostgreSQL under SQLAlchemy: what its engines do, and how it says that it is away.

Writing is as on SQLite: one transaction at a time over all processes and nodes, here by an advisory
lock. So what reads first and writes then meets no change in between, and announcements get their
numbers in the order in which they are committed (``docs/decisions/postgresql.md``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event, exc
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tornchat.archive.address import PostgresDatabase
from tornchat.archive.postgres_driver import (
    ANSWER_S,
    TAKE_WRITE_LOCK,
    connect,
    connect_patiently,
)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AWAY_CLASSES = frozenset(
    {
        "08",  # the connection is gone
        "28",  # the password was changed
        "3D",  # the database was dropped
        "53",  # no memory, disk or connections left
        "55",  # somebody keeps a lock for too long
        "57",  # shutting down, starting, or the statement takes too long
        "58",  # an error of its system
        "XX",  # damaged
    }
)
_AWAY_CODES = frozenset(
    {
        "25006",  # read only: a replica since a failover
        "25P03",  # the transaction was idle for too long
        "40P01",  # a deadlock, with a program that is not ours
        "42501",  # rights were taken away
        "42P01",  # the tables are gone
    }
)


def engine(address: PostgresDatabase, *, writes: bool, **pooling: Any) -> AsyncEngine:
    """Connections of it can write, or only read and see with each statement what is committed."""
    made = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connect(address, writes=writes),
        isolation_level="READ COMMITTED" if writes else "AUTOCOMMIT",
        hide_parameters=True,
        **pooling,
    )
    _notice_closed_connections(made.sync_engine)
    _give_up_a_connection_that_does_not_answer(made.sync_engine)
    if writes:
        _take_the_write_lock_first(made.sync_engine)
    return made


def means_away(error: exc.DBAPIError) -> bool:
    """Whether it is the database that is in trouble, and not what was asked of it."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return state[:2] in _AWAY_CLASSES or state in _AWAY_CODES


def in_one_transaction(address: PostgresDatabase, work: Callable[[Connection], None]) -> None:
    """Do ``work`` with the write lock, however long it takes. Not to be called inside a loop."""

    async def run() -> None:
        made = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: connect_patiently(address),
            poolclass=NullPool,
        )
        _take_the_write_lock_first(made.sync_engine)
        async with made.begin() as connection:
            await connection.run_sync(work)

    asyncio.run(run())


def _take_the_write_lock_first(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(TAKE_WRITE_LOCK)


def _notice_closed_connections(engine: Engine) -> None:
    """The server was restarted: nobody is to meet a dead connection for that."""

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: Any, proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise exc.DisconnectionError("the server has closed this connection")


def _give_up_a_connection_that_does_not_answer(engine: Engine) -> None:
    """A ROLLBACK on it would wait as long again."""

    @event.listens_for(engine, "handle_error")
    def judge(context: ExceptionContext) -> exc.TimeoutError | None:
        if not isinstance(context.original_exception, TimeoutError):
            return None
        context.is_disconnect = True
        return exc.TimeoutError(f"no answer within {ANSWER_S:g} s")
