"""A migrated SQLite file and a cast: Ana, Budi and Citra, and the rooms Lobby and Kitchen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tornchat.archive import members, rooms, users
from tornchat.archive.engine import Database
from tornchat.archive.migrate import upgrade

NOW = 1_700_000_000_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tornchat.db"


@pytest.fixture
def url(path: Path) -> str:
    """The address of a database that is at the newest revision."""
    url = f"sqlite:///{path}"
    upgrade(url)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
async def cast(database: Database) -> Database:
    """Ana, Budi and Citra have accounts; Ana is in the open Lobby and the private Kitchen."""
    async with database.write() as conn:
        for number, name in enumerate(("Ana", "Budi", "Citra")):
            await users.add(
                conn,
                user_id=name.lower(),
                username=name,
                display_name=name,
                password_hash=None,
                role="admin" if number == 0 else "member",
                now=NOW + number,
            )
        for room_id, name, kind in (("lobby", "Lobby", "open"), ("kitchen", "Kitchen", "private")):
            await rooms.add(
                conn,
                room_id=room_id,
                name=name,
                kind=kind,  # type: ignore[arg-type]
                description="",
                created_by="ana",
                now=NOW,
            )
            await members.add(conn, room_id=room_id, user_id="ana", role="owner", now=NOW)
    return database
