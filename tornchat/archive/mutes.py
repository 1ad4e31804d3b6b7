"""Who may only read in a room, and until when (unix ms)."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import mutes
from tornchat.archive.sql import rows_changed


async def put(conn: AsyncConnection, room_id: str, user_id: str, until: int) -> None:
    """Mute, whether they were or not."""
    await lift(conn, room_id, user_id)
    await conn.execute(insert(mutes).values(room_id=room_id, user_id=user_id, until=until))


async def lift(conn: AsyncConnection, room_id: str, user_id: str) -> bool:
    """False where they were not muted."""
    one = (mutes.c.room_id == room_id, mutes.c.user_id == user_id)
    return await rows_changed(conn, delete(mutes).where(*one)) > 0


async def until(conn: AsyncConnection, room_id: str, user_id: str) -> int | None:
    """None where they are not muted; it may be over."""
    one = (mutes.c.room_id == room_id, mutes.c.user_id == user_id)
    return (await conn.execute(select(mutes.c.until).where(*one))).scalar_one_or_none()


async def remove_over(conn: AsyncConnection, now: int) -> list[tuple[str, str]]:
    """Removes those that are over by ``now``; (room, user) of each."""
    gone = delete(mutes).where(mutes.c.until <= now).returning(mutes.c.room_id, mutes.c.user_id)
    return [(room_id, user_id) for room_id, user_id in await conn.execute(gone)]
