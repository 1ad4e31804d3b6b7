"""The PostgreSQL connection: asyncpg, with bounds on how long anything may take.

It is known without SQLAlchemy, so that a start that finds all in order need not import that.
"""

from __future__ import annotations

import asyncio
import os
import socket

import asyncpg

from tornchat.archive.address import PostgresDatabase
from tornchat.domain.errors import DatabaseUnusable

OLDEST = 13
"""The major version."""
CONNECT_S = 5.0
STATEMENT_S = 8.0
"""For one statement, by the server's clock."""
ANSWER_S = 10.0
"""For one statement, by ours: the server may be frozen, or the network gone."""
LOCK_S = 5.0
IDLE_S = 15.0
"""A worker that was frozen in the middle of a transaction keeps the others waiting no longer."""
PATIENCE_S = 60.0
"""For a lock, of a node that starts: another may be bringing the database up to date."""

WRITE_LOCK = int.from_bytes(b"tornchat", "big")
"""The advisory lock of whoever writes; PostgreSQL keeps one set of them per database."""
TAKE_WRITE_LOCK = f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"

ERRORS = (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What asyncpg may raise; a time-out is an OSError."""


async def connect(address: PostgresDatabase, *, writes: bool) -> asyncpg.Connection:
    """A connection of a worker. Raises what asyncpg raises, `asyncpg.InterfaceError` for the
    rest."""
    opening = asyncio.ensure_future(_open(address, writes))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        # Left to itself: cut off in the middle, asyncpg leaves an error that nobody fetches.
        opening.add_done_callback(_drop)
        raise
    except (OSError, ValueError) as error:
        # One of the errors that SQLAlchemy knows as a database's.
        raise asyncpg.InterfaceError(why_not(address, error).detail) from error


async def connect_patiently(address: PostgresDatabase) -> asyncpg.Connection:
    """A connection for the start, when statements may take long: a migration, or waiting for that
    of another node. Raises `DatabaseUnusable`."""
    try:
        return await asyncpg.connect(
            address.url,
            timeout=CONNECT_S,
            server_settings={
                "application_name": "tornchat start",
                "lock_timeout": f"{PATIENCE_S:.0f}s",
            },
        )
    except ERRORS as error:
        raise why_not(address, error) from error


def why_not(address: PostgresDatabase, error: Exception) -> DatabaseUnusable:
    """One line for a person, without the password, about an error of asyncpg's."""
    where = f"The database {address.shown}"
    if isinstance(error, TimeoutError):
        return DatabaseUnusable(f"{where} does not answer within {CONNECT_S:g} s.")
    if isinstance(error, asyncpg.PostgresError):
        hint = "; make it with createdb" if error.sqlstate == "3D000" else ""
        return DatabaseUnusable(f"{where} refuses: {_one_line(error)}{hint}.")
    if isinstance(error, ValueError):
        # Its text may quote a part of the URL.
        return DatabaseUnusable(
            f"The URL of the database {address.shown} is not understood: write"
            " postgresql://USER:PASSWORD@HOST/NAME, with special characters as %XX."
        )
    return DatabaseUnusable(f"{where} cannot be reached: {_reason(error)}.")


async def _open(address: PostgresDatabase, writes: bool) -> asyncpg.Connection:
    return await asyncpg.connect(
        address.url,
        timeout=CONNECT_S,
        command_timeout=ANSWER_S,
        server_settings={
            "application_name": "tornchat",
            "statement_timeout": f"{STATEMENT_S:.0f}s",
            "lock_timeout": f"{LOCK_S:.0f}s",
            "idle_in_transaction_session_timeout": f"{IDLE_S:.0f}s",
            "default_transaction_read_only": "off" if writes else "on",
        },
    )


def _drop(opened: asyncio.Future[asyncpg.Connection]) -> None:
    if not opened.cancelled() and opened.exception() is None:
        opened.result().terminate()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno and not isinstance(error, socket.gaierror):
        return os.strerror(error.errno)  # asyncio's own text is about its call
    return getattr(error, "strerror", None) or _one_line(error) or type(error).__name__


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
