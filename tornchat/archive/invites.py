"""Invitations by link: to a room, or to the server alone."""

from __future__ import annotations

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import Invite
from tornchat.archive.schema import invites
from tornchat.archive.sql import rows_changed

_INVITE = select(
    invites.c.id,
    invites.c.room_id,
    invites.c.created_by,
    invites.c.created_at,
    invites.c.expires_at,
    invites.c.uses,
    invites.c.used,
    invites.c.revoked_at,
)
_NEWEST = _INVITE.order_by(invites.c.created_at.desc(), invites.c.id)


async def add(conn: AsyncConnection, invite: Invite, digest: str) -> None:
    """``digest`` is that of its secret."""
    await conn.execute(
        insert(invites).values(
            id=invite.id,
            hash=digest,
            room_id=invite.room_id,
            created_by=invite.created_by,
            created_at=invite.created_at,
            expires_at=invite.expires_at,
            uses=invite.uses,
        )
    )


async def by_digest(conn: AsyncConnection, digest: str) -> Invite | None:
    row = (await conn.execute(_INVITE.where(invites.c.hash == digest))).one_or_none()
    return Invite(*row) if row else None


async def by_id(conn: AsyncConnection, id: str) -> Invite | None:
    row = (await conn.execute(_INVITE.where(invites.c.id == id))).one_or_none()
    return Invite(*row) if row else None


async def good(
    conn: AsyncConnection, now: int, *, room_id: str | None = None, created_by: str | None = None
) -> list[Invite]:
    """Those that still let somebody in, of one room or one person where that is given; the newest
    first."""
    query = _NEWEST.where(*_good(now)).limit(_MOST)
    if room_id is not None:
        query = query.where(invites.c.room_id == room_id)
    if created_by is not None:
        query = query.where(invites.c.created_by == created_by)
    return [Invite(*row) for row in await conn.execute(query)]


async def made_by(conn: AsyncConnection, user_id: str) -> list[Invite]:
    """Those that somebody made, good or not; the newest first."""
    query = _NEWEST.where(invites.c.created_by == user_id)
    return [Invite(*row) for row in await conn.execute(query)]


async def use(conn: AsyncConnection, digest: str, now: int) -> bool:
    """Use it once more; False where it is not good any more.

    One statement looks and counts, so the last use is given away once.
    """
    statement = (
        update(invites).where(invites.c.hash == digest, *_good(now)).values(used=invites.c.used + 1)
    )
    return await rows_changed(conn, statement) > 0


async def revoke(conn: AsyncConnection, id: str, now: int) -> bool:
    """False where there is none, or it was revoked before."""
    statement = (
        update(invites)
        .where(invites.c.id == id, invites.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return await rows_changed(conn, statement) > 0


async def revoke_all_of(conn: AsyncConnection, created_by: str, now: int) -> None:
    """Those that somebody made, for whatever it is: their account is erased."""
    await conn.execute(
        update(invites)
        .where(invites.c.created_by == created_by, invites.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke_of(conn: AsyncConnection, room_id: str, created_by: str, now: int) -> None:
    """Those that somebody made for a room: they have left it."""
    await conn.execute(
        update(invites)
        .where(
            invites.c.room_id == room_id,
            invites.c.created_by == created_by,
            invites.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


_MOST = 200
"""Listed at once."""


def _good(now: int) -> tuple[ColumnElement[bool], ...]:
    return (
        invites.c.revoked_at.is_(None),
        invites.c.expires_at > now,
        invites.c.used < invites.c.uses,
    )
