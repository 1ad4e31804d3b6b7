"""SQLite under SQLAlchemy: how engines begin their transactions, and notice another file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tornchat.archive.address import SqliteFile
from tornchat.archive.driver import connector, open_file

UNSETTLED_S = 1.0


def engine(address: SqliteFile, *, writes: bool, **pooling: Any) -> AsyncEngine:
    """Connections of it can write, or only read and see with each statement what is committed."""
    made = create_async_engine(
        "sqlite+aiosqlite:///" + address.path.name,
        async_creator=connector(address.path, writes=writes),
        hide_parameters=True,
        **pooling,
    )
    _notice_another_file(made.sync_engine, address.path)
    if writes:
        _take_the_write_lock_first(made.sync_engine)
    return made


def means_away(error: exc.DBAPIError) -> bool:
    """The bare DatabaseError is SQLite's for "not a database" and "malformed"."""
    return type(error) is exc.DatabaseError


def state(address: SqliteFile, now: float) -> tuple[int, ...] | None:
    """What every commit of any process changes: size and time of the files.

    None where it cannot be seen, or the time is less than `UNSETTLED_S` before ``now`` (unix
    seconds): then there may be another commit within what the file system takes for one moment.
    """
    found: list[int] = []
    for path in (address.path, address.path.with_name(address.path.name + "-wal")):
        try:
            file = path.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if not now - file.st_mtime >= UNSETTLED_S:
            return None
        found += (file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns)
    return tuple(found) or None


def in_one_transaction(address: SqliteFile, work: Callable[[Connection], None]) -> None:
    """Do ``work`` with the write lock; foreign keys are not looked at meanwhile."""
    made = create_engine(
        "sqlite://",
        creator=lambda: open_file(address.path, foreign_keys=False),
        poolclass=NullPool,
    )
    _take_the_write_lock_first(made)
    with made.begin() as connection:
        work(connection)


def _take_the_write_lock_first(engine: Engine) -> None:
    """Begins with BEGIN IMMEDIATE.

    A transaction that read first and then wanted to write would meet "database is locked" at
    once, without waiting for the other writer.
    """

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _notice_another_file(engine: Engine, path: Path) -> None:
    """Opens a connection again where the file was deleted, or replaced by a backup.

    Without it the server would go on reading and writing a file that nobody can see any more.
    """

    @event.listens_for(engine, "connect")
    def remember(connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def compare(connection: Any, record: Any, proxy: Any) -> None:
        if record.info["file"] != _identity(path):
            raise exc.DisconnectionError("the database is another file now")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
