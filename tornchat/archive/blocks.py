"""Who wants to hear nothing of whom."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import blocks, members, rooms
from tornchat.archive.sql import in_chunks, insert_unless_there, rows_changed


async def add(conn: AsyncConnection, user_id: str, blocked_id: str, now: int) -> bool:
    """False where ``user_id`` has blocked them before."""
    statement = insert_unless_there(conn, blocks, on=["user_id", "blocked_id"]).values(
        user_id=user_id, blocked_id=blocked_id, created_at=now
    )
    return await rows_changed(conn, statement) > 0


async def remove(conn: AsyncConnection, user_id: str, blocked_id: str) -> bool:
    """False where ``user_id`` has not blocked them."""
    gone = delete(blocks).where(blocks.c.user_id == user_id, blocks.c.blocked_id == blocked_id)
    return await rows_changed(conn, gone) > 0


async def of_user(conn: AsyncConnection, user_id: str) -> list[str]:
    """Those whom somebody has blocked, the first one first."""
    query = select(blocks.c.blocked_id).where(blocks.c.user_id == user_id)
    return list((await conn.execute(query.order_by(blocks.c.created_at))).scalars())


async def any_against(conn: AsyncConnection, user_id: str, others: Collection[str]) -> bool:
    """Whether one of ``others`` has blocked ``user_id``."""
    query = select(blocks.c.user_id).where(
        blocks.c.blocked_id == user_id, blocks.c.user_id.in_(others)
    )
    return (await conn.execute(query.limit(1))).first() is not None


async def pairs(
    conn: AsyncConnection, users: Collection[str], others: Collection[str]
) -> set[tuple[str, str]]:
    """(user, blocked) of those ``users`` who have blocked any of ``others``."""
    query = select(blocks.c.user_id, blocks.c.blocked_id)
    return {
        (user, blocked)
        for chunk in in_chunks(others)
        for user, blocked in await conn.execute(query.where(blocks.c.blocked_id.in_(chunk)))
        if user in users
    }


async def in_rooms_of_two(conn: AsyncConnection, room_ids: Collection[str]) -> dict[str, set[str]]:
    """Those of some rooms that are direct ones of two people, with whom the other one has
    blocked."""
    other = members.alias()
    user, blocked = blocks.c.user_id, blocks.c.blocked_id
    of_these = (user + " " + blocked, blocked + " " + user)
    query = (
        select(rooms.c.id, blocked)
        .join(members, members.c.room_id == rooms.c.id)
        .join(other, other.c.room_id == rooms.c.id)
        .join(blocks, (user == members.c.user_id) & (blocked == other.c.user_id))
        .where(or_(*(rooms.c.direct_key == key for key in of_these)))
    )
    found: dict[str, set[str]] = {}
    for chunk in in_chunks(room_ids):
        for room_id, user_id in await conn.execute(query.where(rooms.c.id.in_(chunk))):
            found.setdefault(room_id, set()).add(user_id)
    return found
