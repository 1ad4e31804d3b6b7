"""Announcements that wait for the log, written in the transaction of what they announce."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import OutboxRow
from tornchat.archive.schema import outbox
from tornchat.archive.sql import rows_changed

_ROW = select(
    outbox.c.id,
    outbox.c.key,
    outbox.c.payload,
    outbox.c.created_at,
    outbox.c.announced_id,
    outbox.c.announced_at,
).order_by(outbox.c.id)


async def add(conn: AsyncConnection, payload: Mapping[str, Any], now: int) -> OutboxRow:
    """Ids grow in the order of commits where one process at a time writes (SQLite)."""
    key = _new_key()
    text = json.dumps(payload, ensure_ascii=False)
    statement = insert(outbox).values(key=key, payload=text, created_at=now)
    row_id = (await conn.execute(statement.returning(outbox.c.id))).scalar_one()
    return OutboxRow(row_id, key, dict(payload), now)


async def waiting(conn: AsyncConnection, limit: int) -> list[OutboxRow]:
    """What is not announced yet, in order."""
    query = _ROW.where(outbox.c.announced_at.is_(None)).limit(limit)
    return [_row(row) for row in await conn.execute(query)]


async def done(conn: AsyncConnection, row_id: int, announced_id: int | None, now: int) -> bool:
    """Notes the id that the log gave, None where nothing was logged.

    False where the row is unknown or was announced before, whose id then stays.
    """
    statement = (
        update(outbox)
        .where(outbox.c.id == row_id, outbox.c.announced_at.is_(None))
        .values(announced_id=announced_id, announced_at=now)
    )
    return await rows_changed(conn, statement) > 0


async def made_above(conn: AsyncConnection, event_id: int) -> list[OutboxRow]:
    """What was announced with an id above ``event_id``: lost, where the log ends there."""
    query = _ROW.where(outbox.c.announced_id > event_id)
    return [_row(row) for row in await conn.execute(query)]


async def reopen(conn: AsyncConnection, ids: Collection[int]) -> None:
    """Has them announced again. Under the same keys: what the log lost it does not remember, and a
    worker that was frozen in between must not make them once more."""
    if ids:
        await conn.execute(
            update(outbox)
            .where(outbox.c.id == bindparam("row_id"))
            .values(announced_id=None, announced_at=None),
            [{"row_id": row_id} for row_id in ids],
        )


async def forget_before(conn: AsyncConnection, when: int) -> int:
    """Drops what was announced before ``when`` (unix ms); how many rows."""
    return await rows_changed(conn, delete(outbox).where(outbox.c.announced_at < when))


def _new_key() -> str:
    return secrets.token_hex(16)


def _row(row: Row[*tuple[Any, ...]]) -> OutboxRow:
    return OutboxRow(
        row.id,
        row.key,
        json.loads(row.payload),
        row.created_at,
        row.announced_id,
        row.announced_at,
    )
