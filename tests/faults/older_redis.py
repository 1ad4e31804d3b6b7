"""An older copy of the embedded Redis in the place of the newer one, as after a crash of the
machine."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from tests.faults.own_redis import ask
from tests.running import RunningServer, until
from tornchat.log.keys import Keys

KEYS = Keys()


def until_archived(server: RunningServer) -> int:
    """Wait until the archive has taken everything; its watermark."""
    socket = str(server.data / "redis" / "redis.sock")
    until(lambda: ask("XLEN", KEYS.queue, unix_socket_path=socket) == 0, 60, "the archive")
    return int(ask("GET", KEYS.archived, unix_socket_path=socket))


def database(server: RunningServer) -> sqlite3.Connection:
    return sqlite3.connect(server.data / "tornchat.db", isolation_level=None)


def copy_of_redis(server: RunningServer, to: Path) -> Path:
    shutil.copytree(server.data / "redis" / "appendonlydir", to)
    return to


def put_back(server: RunningServer, copy: Path) -> None:
    there = server.data / "redis" / "appendonlydir"
    shutil.rmtree(there)
    shutil.copytree(copy, there)
