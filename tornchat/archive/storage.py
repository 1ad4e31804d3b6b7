"""What takes up room: files by room and person, and the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import files, rooms

_SIZE = func.coalesce(func.sum(files.c.size), 0)


@dataclass(frozen=True, slots=True)
class Heap:
    """So many files, and their bytes together."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Stored:
    """``unsent`` has been uploaded and is in no message; ``dropped`` leaves the disk soon."""

    kept: Heap
    unsent: Heap
    dropped: Heap


async def stored(conn: AsyncConnection) -> Stored:
    return Stored(
        await _heap(conn, files.c.dropped_at.is_(None)),
        await _heap(conn, files.c.dropped_at.is_(None), files.c.message_id.is_(None)),
        await _heap(conn, files.c.dropped_at.is_not(None)),
    )


async def by_owner(conn: AsyncConnection, limit: int) -> list[tuple[str, Heap]]:
    """(user, what they have sent), the most first."""
    query = (
        select(files.c.owner_id, func.count(), _SIZE)
        .where(files.c.dropped_at.is_(None))
        .group_by(files.c.owner_id)
        .order_by(_SIZE.desc(), files.c.owner_id)
        .limit(limit)
    )
    return [(id, Heap(count, int(size))) for id, count, size in await conn.execute(query)]


async def by_room(
    conn: AsyncConnection, limit: int
) -> tuple[list[tuple[str, str, str, Heap]], Heap]:
    """(room, name, kind, its files), the most first; and those of all direct rooms together, of
    which each is nobody else's business."""
    query = (
        select(rooms.c.id, rooms.c.name, rooms.c.kind, func.count(), _SIZE)
        .join(files, files.c.room_id == rooms.c.id)
        .where(files.c.dropped_at.is_(None), rooms.c.name.is_not(None))
        .group_by(rooms.c.id, rooms.c.name, rooms.c.kind)
        .order_by(_SIZE.desc(), rooms.c.id)
        .limit(limit)
    )
    found = [
        (id, name, kind, Heap(count, int(size)))
        for id, name, kind, count, size in await conn.execute(query)
    ]
    direct = select(rooms.c.id).where(rooms.c.name.is_(None))
    return found, await _heap(conn, files.c.dropped_at.is_(None), files.c.room_id.in_(direct))


async def database_bytes(conn: AsyncConnection) -> int:
    """What the database takes up on its disk, about."""
    if conn.dialect.name == "postgresql":
        query = "SELECT pg_database_size(current_database())"
    else:
        query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    return int((await conn.execute(text(query))).scalar_one())


async def engine(conn: AsyncConnection) -> str:
    """The name and the version of the database: ``SQLite 3.46.1``."""
    if conn.dialect.name == "postgresql":
        version = (await conn.execute(text("SHOW server_version"))).scalar_one()
        return f"PostgreSQL {version.partition(' ')[0]}"
    return f"SQLite {(await conn.execute(text('SELECT sqlite_version()'))).scalar_one()}"


async def _heap(conn: AsyncConnection, *which: Any) -> Heap:
    count, size = (await conn.execute(select(func.count(), _SIZE).where(*which))).one()
    return Heap(count, int(size))
