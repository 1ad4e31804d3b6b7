"""Sessions of browsers and bearer tokens, by the hash of what their owner holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from sqlalchemy import ColumnElement, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import LiveSession, Session, SessionKind
from tornchat.archive.schema import sessions, users
from tornchat.archive.sql import in_chunks, rows_changed

_PAGE = 1_000


async def add(
    conn: AsyncConnection,
    *,
    digest: str,
    user_id: str,
    kind: SessionKind,
    label: str,
    now: int,
    expires_at: int | None = None,
) -> Session:
    """``expires_at`` is unix ms; None never expires."""
    session = Session(digest, user_id, kind, label, now, expires_at)
    await conn.execute(
        insert(sessions).values(
            hash=digest,
            user_id=user_id,
            kind=kind,
            label=label,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return session


async def of_user(conn: AsyncConnection, user_id: str, now: int) -> list[Session]:
    """Those that let this user in at ``now``, the newest first."""
    query = (
        select(
            sessions.c.hash,
            sessions.c.user_id,
            sessions.c.kind,
            sessions.c.label,
            sessions.c.created_at,
            sessions.c.expires_at,
        )
        .where(
            sessions.c.user_id == user_id,
            or_(sessions.c.expires_at.is_(None), sessions.c.expires_at > now),
        )
        .order_by(sessions.c.created_at.desc(), sessions.c.hash)
    )
    return [Session(*row) for row in await conn.execute(query)]


async def remove(conn: AsyncConnection, digests: Collection[str]) -> int:
    """How many of them there were."""
    removed = 0
    for chunk in in_chunks(digests):
        removed += await rows_changed(conn, delete(sessions).where(sessions.c.hash.in_(chunk)))
    return removed


async def remove_of_user(
    conn: AsyncConnection,
    user_id: str,
    *,
    except_hash: str | None = None,
    kind: SessionKind | None = None,
) -> list[str]:
    """Removes all of a user, or those of one kind, but never ``except_hash``; their hashes."""
    which = [sessions.c.user_id == user_id]
    if except_hash is not None:
        which.append(sessions.c.hash != except_hash)
    if kind is not None:
        which.append(sessions.c.kind == kind)
    return await _removed(conn, *which)


async def remove_expired(conn: AsyncConnection, now: int) -> list[str]:
    """The hashes of those that had expired by ``now``."""
    return await _removed(conn, sessions.c.expires_at <= now)


async def every_live(
    conn: AsyncConnection, now: int, page: int = _PAGE
) -> AsyncIterator[list[LiveSession]]:
    """All that let somebody in at ``now``, in lists of at most ``page``; no disabled users."""
    query = (
        select(
            sessions.c.hash,
            sessions.c.user_id,
            sessions.c.kind,
            sessions.c.expires_at,
            users.c.role,
        )
        .join(users, users.c.id == sessions.c.user_id)
        .where(
            users.c.disabled_at.is_(None),
            or_(sessions.c.expires_at.is_(None), sessions.c.expires_at > now),
        )
        .order_by(sessions.c.hash)
        .limit(page)
    )
    last = ""
    while rows := (await conn.execute(query.where(sessions.c.hash > last))).all():
        yield [LiveSession(*row) for row in rows]
        last = rows[-1].hash


async def _removed(conn: AsyncConnection, *which: ColumnElement[bool]) -> list[str]:
    gone = delete(sessions).where(*which).returning(sessions.c.hash)
    return list((await conn.execute(gone)).scalars())
