"""The audit log: added to in the transaction of what it notes, read newest first, swept when
old."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import audit
from tornchat.archive.sql import rows_changed
from tornchat.domain.audit import FAILED, MOST_FAILED, Source

MOST_FORGOTTEN = 2_000
"""At once: others wait to write meanwhile."""


@dataclass(frozen=True, slots=True)
class Entry:
    """``actor`` did it to ``user`` in ``room``, each None where there is none."""

    id: int
    at: int
    kind: str
    actor: str | None
    user: str | None
    room: str | None
    address: str
    device: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """``person`` did it or had it done to them; ``kinds`` are those wanted, none for all; times are
    unix milliseconds."""

    person: str | None = None
    kinds: Collection[str] = ()
    since: int | None = None
    until: int | None = None


async def add(
    conn: AsyncConnection,
    kind: str,
    now: int,
    source: Source,
    *,
    actor: str | None,
    user: str | None = None,
    room: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    await conn.execute(
        insert(audit).values(
            at=now,
            kind=kind,
            actor_id=actor,
            user_id=user,
            room_id=room,
            address=source.address,
            device=source.device,
            detail=json.dumps(detail, ensure_ascii=False) if detail else None,
        )
    )


async def page(
    conn: AsyncConnection, wanted: Filter, before: int | None, limit: int
) -> list[Entry]:
    """The newest first, below the id ``before``."""
    query = _chosen(wanted)
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = await conn.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [
        Entry(
            row.id,
            row.at,
            row.kind,
            row.actor_id,
            row.user_id,
            row.room_id,
            row.address,
            row.device,
            json.loads(row.detail) if row.detail else {},
        )
        for row in rows
    ]


async def forget_before(conn: AsyncConnection, when: int) -> int:
    """Drops some of what is older than ``when`` (unix ms); how many."""
    return await _forget(conn, select(audit.c.id).where(audit.c.at < when))


async def forget_failed(conn: AsyncConnection, most: int = MOST_FAILED) -> int:
    """Drops some of the failed sign-ins beyond the last ``most``; how many."""
    failed = select(audit.c.id).where(audit.c.kind == FAILED)
    return await _forget(conn, failed.order_by(audit.c.id.desc()).offset(most))


async def _forget(conn: AsyncConnection, which: Select[int]) -> int:
    some = which.limit(MOST_FORGOTTEN)
    return await rows_changed(conn, delete(audit).where(audit.c.id.in_(some)))


def _chosen(wanted: Filter) -> Any:
    query = select(audit)
    if wanted.person is not None:
        query = query.where(
            or_(audit.c.actor_id == wanted.person, audit.c.user_id == wanted.person)
        )
    if wanted.kinds:
        query = query.where(audit.c.kind.in_(wanted.kinds))
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    return query
