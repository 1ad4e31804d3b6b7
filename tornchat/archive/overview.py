"""What administrators see of all people and all rooms, a page at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import Invite, Room, User
from tornchat.archive.schema import (
    files,
    invites,
    members,
    messages,
    rooms,
    search,
    sessions,
    users,
)
from tornchat.domain.rules import username_key

RoomState = Literal["open", "private", "archived", "ownerless"]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """``sessions`` are those that are good, ``began`` is when the last of them did, ``wrote`` the
    id of their last message; each None where there is none."""

    user: User
    sessions: int
    began: int | None
    wrote: int | None


@dataclass(frozen=True, slots=True)
class RoomRow:
    """``owned``: somebody owns it who can look after it. ``bytes`` are those of its files."""

    room: Room
    owned: bool
    members: int
    messages: int
    bytes: int


async def people(
    conn: AsyncConnection,
    now: int,
    *,
    text: str,
    role: str | None,
    disabled: bool | None,
    after: str | None,
    limit: int,
) -> tuple[list[PersonRow], int]:
    """Those whose names hold ``text``, by username, after the person with the id ``after``; and
    how many there are in all. ``role`` and ``disabled`` are None where they do not matter."""
    which: list[ColumnElement[bool]] = [users.c.deleted_at.is_(None)]
    if text:
        which.append(_names_hold(users.c.display_name, text, users.c.username_key))
    if role is not None:
        which.append(users.c.role == role)
    if disabled is not None:
        which.append(users.c.disabled_at.is_not(None) == disabled)
    total = select(func.count()).select_from(users).where(*which)
    columns = [users.c[name] for name in User.__slots__]
    page = select(*columns).where(*which).order_by(users.c.username_key).limit(limit)
    if after is not None:
        key = select(users.c.username_key).where(users.c.id == after).scalar_subquery()
        page = page.where(users.c.username_key > key)
    found = [User(*row) for row in await conn.execute(page)]
    ids = [user.id for user in found]
    signed_in: dict[str, tuple[int, int | None]] = {
        row.user_id: (row.open, row.began)
        for row in await conn.execute(
            select(
                sessions.c.user_id,
                func.count().label("open"),
                func.max(sessions.c.created_at).label("began"),
            )
            .where(
                sessions.c.user_id.in_(ids),
                or_(sessions.c.expires_at.is_(None), sessions.c.expires_at > now),
            )
            .group_by(sessions.c.user_id)
        )
    }
    wrote: dict[str, int] = await _grouped(conn, search.c.author_id, ids, func.max(search.c.id))
    nothing: tuple[int, int | None] = (0, None)
    shown = []
    for user in found:
        count, began = signed_in.get(user.id, nothing)
        shown.append(PersonRow(user, count, began, wrote.get(user.id)))
    return shown, (await conn.execute(total)).scalar_one()


async def named_rooms(
    conn: AsyncConnection,
    *,
    text: str,
    state: RoomState | None,
    after: str | None,
    limit: int,
) -> tuple[list[RoomRow], int]:
    """Open, private and archived rooms whose names hold ``text``, the newest first, after the room
    with the id ``after``; and how many there are in all. Direct rooms have no name, and are nobody
    else's business."""
    able = and_(users.c.disabled_at.is_(None), users.c.role != "bot")
    owner = and_(members.c.room_id == rooms.c.id, members.c.role == "owner", able)
    owned = exists().where(owner, users.c.id == members.c.user_id)
    which: list[ColumnElement[bool]] = [rooms.c.name.is_not(None)]
    if text:
        which.append(_names_hold(rooms.c.name, text))
    if state in ("open", "private"):
        which += [rooms.c.kind == state, rooms.c.archived_at.is_(None)]
    elif state == "archived":
        which.append(rooms.c.archived_at.is_not(None))
    elif state == "ownerless":
        which += [rooms.c.archived_at.is_(None), ~owned]
    total = select(func.count()).select_from(rooms).where(*which)
    columns = [rooms.c[name] for name in Room.__slots__]
    page = select(owned, *columns).where(*which)
    if after is not None:
        made = select(rooms.c.created_at).where(rooms.c.id == after).scalar_subquery()
        earlier = and_(rooms.c.created_at == made, rooms.c.id > after)
        page = page.where(or_(rooms.c.created_at < made, earlier))
    rows = (
        await conn.execute(page.order_by(rooms.c.created_at.desc(), rooms.c.id).limit(limit))
    ).all()
    ids = [row.id for row in rows]
    seats = await _grouped(conn, members.c.room_id, ids, func.count())
    said = await _grouped(conn, messages.c.room_id, ids, func.count())
    size = await _grouped(
        conn, files.c.room_id, ids, func.sum(files.c.size), files.c.dropped_at.is_(None)
    )
    found = [
        RoomRow(
            Room(*row[1:]),
            bool(row[0]),
            seats.get(row.id, 0),
            said.get(row.id, 0),
            int(size.get(row.id, 0)),
        )
        for row in rows
    ]
    return found, (await conn.execute(total)).scalar_one()


async def all_invites(conn: AsyncConnection, before: str | None, limit: int) -> list[Invite]:
    """Every invitation, good or not, the newest first, older than the one with the id
    ``before``."""
    columns = [invites.c[name] for name in Invite.__slots__]
    query = select(*columns).order_by(invites.c.created_at.desc(), invites.c.id).limit(limit)
    if before is not None:
        made = select(invites.c.created_at).where(invites.c.id == before).scalar_subquery()
        same = and_(invites.c.created_at == made, invites.c.id > before)
        query = query.where(or_(invites.c.created_at < made, same))
    return [Invite(*row) for row in await conn.execute(query)]


async def _grouped(
    conn: AsyncConnection,
    by: Any,
    ids: Collection[str],
    what: Any,
    *which: ColumnElement[bool],
) -> dict[str, Any]:
    """Id -> what is counted of it."""
    query = select(by, what).where(by.in_(ids), *which).group_by(by)
    return {row[0]: row[1] for row in await conn.execute(query)}


def _names_hold(name: Any, text: str, key: Any = None) -> ColumnElement[bool]:
    fits = [] if key is None else [key.contains(username_key(text), autoescape=True)]
    # SQLite knows the two cases of ASCII letters only.
    for spelling in {text, text.lower(), text.title()}:
        fits.append(name.icontains(spelling, autoescape=True))
    return or_(*fits)
