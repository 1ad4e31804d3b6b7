"""Addresses by which programs write in a room."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import Hook
from tornchat.archive.schema import hooks, users
from tornchat.archive.sql import rows_changed

_HOOK = select(
    hooks.c.id,
    hooks.c.room_id,
    hooks.c.bot_id,
    hooks.c.name,
    hooks.c.created_by,
    hooks.c.created_at,
)


async def add(conn: AsyncConnection, hook: Hook, digest: str) -> None:
    """``digest`` is the SHA-256 (hex) of its secret."""
    await conn.execute(
        insert(hooks).values(
            id=hook.id,
            hash=digest,
            room_id=hook.room_id,
            bot_id=hook.bot_id,
            name=hook.name,
            created_by=hook.created_by,
            created_at=hook.created_at,
        )
    )


async def by_digest(conn: AsyncConnection, digest: str) -> Hook | None:
    """None where there is none, and where its bot's account was closed."""
    query = _HOOK.join(users, users.c.id == hooks.c.bot_id).where(
        hooks.c.hash == digest, users.c.disabled_at.is_(None)
    )
    row = (await conn.execute(query)).one_or_none()
    return Hook(*row) if row else None


async def by_id(conn: AsyncConnection, hook_id: str) -> Hook | None:
    row = (await conn.execute(_HOOK.where(hooks.c.id == hook_id))).one_or_none()
    return Hook(*row) if row else None


async def of_room(conn: AsyncConnection, room_id: str) -> list[Hook]:
    """Oldest first."""
    query = _HOOK.where(hooks.c.room_id == room_id).order_by(hooks.c.created_at, hooks.c.id)
    return [Hook(*row) for row in await conn.execute(query)]


async def made_by(conn: AsyncConnection, user_id: str) -> list[Hook]:
    """Those that somebody made, in whatever room."""
    query = _HOOK.where(hooks.c.created_by == user_id).order_by(hooks.c.created_at, hooks.c.id)
    return [Hook(*row) for row in await conn.execute(query)]


async def remove(conn: AsyncConnection, hook_id: str) -> bool:
    """False where there is none."""
    return await rows_changed(conn, delete(hooks).where(hooks.c.id == hook_id)) > 0
