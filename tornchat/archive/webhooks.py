"""Addresses that are told what is said in a room."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import Webhook
from tornchat.archive.schema import webhooks
from tornchat.archive.sql import rows_changed

_WEBHOOK = select(webhooks)


async def add(conn: AsyncConnection, webhook: Webhook) -> None:
    await conn.execute(insert(webhooks).values(**asdict(webhook)))


async def of_room(conn: AsyncConnection, room_id: str) -> list[Webhook]:
    """Oldest first."""
    return await _those(conn, webhooks.c.room_id == room_id)


async def made_by(conn: AsyncConnection, user_id: str) -> list[Webhook]:
    """Those that somebody made, in whatever room; oldest first."""
    return await _those(conn, webhooks.c.created_by == user_id)


async def due(conn: AsyncConnection, now: int) -> list[Webhook]:
    """Those that may be tried now, and have not ended."""
    query = _WEBHOOK.where(webhooks.c.ended_at.is_(None), webhooks.c.next_at <= now)
    rows = await conn.execute(query.order_by(webhooks.c.next_at, webhooks.c.id))
    return [Webhook(*row) for row in rows]


async def claim(conn: AsyncConnection, webhook: Webhook, until: int) -> bool:
    """Nobody else tries it before ``until``; False where another was first."""
    one = update(webhooks).where(
        webhooks.c.id == webhook.id,
        webhooks.c.next_at == webhook.next_at,
        webhooks.c.cursor == webhook.cursor,
    )
    return await rows_changed(conn, one.values(next_at=until)) > 0


async def note(conn: AsyncConnection, webhook_id: str, **changed: Any) -> None:
    """Write down what has become of it."""
    await conn.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**changed))


async def remove_made_by(conn: AsyncConnection, user_id: str) -> None:
    """Those that somebody made, in whatever room, are told nothing more."""
    await conn.execute(delete(webhooks).where(webhooks.c.created_by == user_id))


async def remove(conn: AsyncConnection, room_id: str, webhook_id: str) -> bool:
    """False where the room has none with this id."""
    there = webhooks.c.id == webhook_id, webhooks.c.room_id == room_id
    return await rows_changed(conn, delete(webhooks).where(*there)) > 0


async def _those(conn: AsyncConnection, which: ColumnElement[bool]) -> list[Webhook]:
    query = _WEBHOOK.where(which).order_by(webhooks.c.created_at, webhooks.c.id)
    return [Webhook(*row) for row in await conn.execute(query)]
