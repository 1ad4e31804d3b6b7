"""How engines on SQLite begin their transactions, and how they notice that the file is another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, exc


def take_the_write_lock_first(engine: Engine) -> None:
    """Begins with BEGIN IMMEDIATE.

    A transaction that read first and then wanted to write would meet "database is locked" at
    once, without waiting for the other writer.
    """

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def notice_another_file(engine: Engine, path: Path) -> None:
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
