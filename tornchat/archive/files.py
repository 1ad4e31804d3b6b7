"""What is known of files; they themselves are in the folder (`media.folder`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import File
from tornchat.archive.schema import files
from tornchat.archive.sql import in_chunks, rows_changed
from tornchat.domain.messages import Message

_FILE = select(
    files.c.id,
    files.c.owner_id,
    files.c.name,
    files.c.type,
    files.c.size,
    files.c.width,
    files.c.height,
    files.c.has_thumb,
    files.c.created_at,
    files.c.message_id,
    files.c.room_id,
).where(files.c.dropped_at.is_(None))


async def add(conn: AsyncConnection, file: File) -> None:
    values: dict[str, Any] = {name: getattr(file, name) for name in File.__slots__}
    await conn.execute(files.insert().values(values))


async def by_id(conn: AsyncConnection, id: str) -> File | None:
    """None where there is none, or it is on its way out."""
    row = (await conn.execute(_FILE.where(files.c.id == id))).one_or_none()
    return File(*row) if row else None


async def many(conn: AsyncConnection, ids: Collection[str]) -> dict[str, File]:
    rows = await conn.execute(_FILE.where(files.c.id.in_(ids)))
    return {row.id: File(*row) for row in rows}


async def of_owner(conn: AsyncConnection, owner_id: str, *, after: str, limit: int) -> list[File]:
    """The first ``limit`` files of one user, by their ids, after the id ``after``."""
    query = _FILE.where(files.c.owner_id == owner_id, files.c.id > after)
    return [File(*row) for row in await conn.execute(query.order_by(files.c.id).limit(limit))]


async def bytes_of(conn: AsyncConnection, owner_id: str) -> int:
    """How much the files of one user take up."""
    return int((await conn.execute(_total(files.c.owner_id == owner_id))).scalar_one())


async def total(conn: AsyncConnection) -> tuple[int, int]:
    """How many files there are, and their bytes."""
    count = (await conn.execute(select(func.count()).select_from(files))).scalar_one()
    return int(count), int((await conn.execute(_total(files.c.id.is_not(None)))).scalar_one())


async def give_to(conn: AsyncConnection, messages: Iterable[Message]) -> None:
    """From now on these messages have their files."""
    for message in messages:
        if message.files:
            ids = [file["id"] for file in message.files]
            await conn.execute(
                update(files)
                .where(files.c.id.in_(ids), files.c.message_id.is_(None))
                .values(message_id=message.id, room_id=message.room)
            )


async def drop(conn: AsyncConnection, ids: Collection[str], now: int) -> None:
    """They are served no longer, and leave the disk soon."""
    for chunk in in_chunks(ids):
        await conn.execute(
            update(files)
            .where(files.c.id.in_(chunk), files.c.dropped_at.is_(None))
            .values(dropped_at=now)
        )


async def drop_of_messages(conn: AsyncConnection, messages: Collection[int], now: int) -> None:
    """The same of all that these messages have."""
    for chunk in in_chunks(messages):
        await conn.execute(
            update(files)
            .where(files.c.message_id.in_(chunk), files.c.dropped_at.is_(None))
            .values(dropped_at=now)
        )


async def drop_unsent_of(conn: AsyncConnection, owner_id: str, now: int) -> None:
    """Drops what somebody has uploaded and not sent; what was sent goes with its message."""
    await conn.execute(
        update(files)
        .where(files.c.owner_id == owner_id, files.c.message_id.is_(None))
        .values(dropped_at=now)
    )


async def take_over(conn: AsyncConnection, id: str) -> bool:
    """From now on something else than a message has this file (`users.avatar`), which drops it by
    `drop_drawn`. False where it is on its way out already."""
    one = (files.c.id == id, files.c.message_id.is_(None), files.c.dropped_at.is_(None))
    return await rows_changed(conn, delete(files).where(*one)) > 0


async def drop_drawn(conn: AsyncConnection, id: str, owner_id: str, now: int) -> None:
    """A picture that was taken over leaves the disk soon."""
    await conn.execute(
        files.insert().values(
            id=id,
            owner_id=owner_id,
            name="",
            type="",
            size=0,
            has_thumb=False,
            created_at=now,
            dropped_at=now,
        )
    )


async def unsent(conn: AsyncConnection, before: int, limit: int) -> list[str]:
    """Ids of files that were uploaded before a time (unix ms) and that no message has."""
    query = (
        select(files.c.id)
        .where(
            files.c.message_id.is_(None),
            files.c.created_at < before,
            files.c.dropped_at.is_(None),
        )
        .limit(limit)
    )
    return list((await conn.execute(query)).scalars())


async def dropped(conn: AsyncConnection, limit: int) -> list[str]:
    """Ids of files that are to leave the disk."""
    query = select(files.c.id).where(files.c.dropped_at.is_not(None)).limit(limit)
    return list((await conn.execute(query)).scalars())


async def forget(conn: AsyncConnection, ids: Collection[str]) -> None:
    """They have left the disk."""
    for chunk in in_chunks(ids):
        await conn.execute(delete(files).where(files.c.id.in_(chunk)))


def _total(which: ColumnElement[bool]) -> Any:
    return select(func.coalesce(func.sum(files.c.size), 0)).where(which)
