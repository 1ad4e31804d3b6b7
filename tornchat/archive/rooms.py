"""Rooms. Open and private ones share one name space; direct rooms have no name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, and_, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import blocks
from tornchat.archive.rows import Listed, Member, Room, RoomKind, Seat
from tornchat.archive.schema import members, messages, mutes, rooms
from tornchat.archive.sql import in_chunks, insert_unless_there, rows_changed
from tornchat.domain.conduct import entries
from tornchat.domain.errors import NameTaken
from tornchat.domain.rules import room_key

_ROOM = (
    rooms.c.id,
    rooms.c.name,
    rooms.c.kind,
    rooms.c.description,
    rooms.c.created_by,
    rooms.c.created_at,
    rooms.c.archived_at,
    rooms.c.posting,
    rooms.c.adding,
    rooms.c.readable,
)
_MEMBER = (
    members.c.room_id,
    members.c.user_id,
    members.c.role,
    members.c.joined_at,
    members.c.joined_id,
    members.c.last_read,
    members.c.read_turn,
    members.c.level,
)


async def add(
    conn: AsyncConnection,
    *,
    room_id: str,
    name: str | None,
    kind: RoomKind,
    description: str,
    created_by: str | None,
    now: int,
) -> Room:
    """Raises `NameTaken` where an open or private room has this name, in whatever case."""
    statement = insert_unless_there(conn, rooms, on=["name_key"]).values(
        id=room_id,
        name=name,
        name_key=None if name is None else room_key(name),
        kind=kind,
        description=description,
        created_by=created_by,
        created_at=now,
    )
    if not await rows_changed(conn, statement):
        raise _name_taken(name)
    return Room(room_id, name, kind, description, created_by, now, None)


async def add_direct(
    conn: AsyncConnection, *, room_id: str, people: Sequence[str], created_by: str, now: int
) -> bool:
    """A direct room of exactly these people; False where there is one."""
    statement = insert_unless_there(conn, rooms, on=["direct_key"]).values(
        id=room_id,
        description="",
        kind="direct",
        created_by=created_by,
        created_at=now,
        direct_key=_direct_key(people),
    )
    return await rows_changed(conn, statement) > 0


async def direct_of(conn: AsyncConnection, people: Sequence[str]) -> str | None:
    """The id of the direct room of exactly these people; None where there is none."""
    query = select(rooms.c.id).where(rooms.c.direct_key == _direct_key(people))
    return (await conn.execute(query)).scalar_one_or_none()


async def by_id(conn: AsyncConnection, room_id: str) -> Room | None:
    """The room, archived or not."""
    row = (await conn.execute(select(*_ROOM).where(rooms.c.id == room_id))).one_or_none()
    return _room(row) if row else None


async def many(conn: AsyncConnection, ids: Collection[str]) -> list[Room]:
    """Those of ``ids`` that there are, archived or not, in no order."""
    return [
        _room(row)
        for chunk in in_chunks(ids)
        for row in await conn.execute(select(*_ROOM).where(rooms.c.id.in_(chunk)))
    ]


async def of_user(conn: AsyncConnection, user_id: str) -> list[Seat]:
    """The rooms that somebody is a member of, the archived among them, oldest membership first."""
    muted = and_(mutes.c.room_id == rooms.c.id, mutes.c.user_id == members.c.user_id)
    query = (
        select(_how_many(), mutes.c.until, *_ROOM, *_MEMBER)
        .join(members, members.c.room_id == rooms.c.id)
        .outerjoin(mutes, muted)
        .where(members.c.user_id == user_id)
        .order_by(members.c.joined_at, rooms.c.id)
    )
    split = 2 + len(_ROOM)
    return [
        Seat(_room(row[2:split]), Member(*row[split:]), row[0], row[1])
        for row in await conn.execute(query)
    ]


async def open_rooms_without(conn: AsyncConnection, user_id: str) -> list[Listed]:
    """The open rooms that somebody could join, oldest first."""
    there = select(members.c.room_id).where(members.c.user_id == user_id)
    query = (
        select(_how_many(), _last(), *_ROOM)
        .where(rooms.c.kind == "open", rooms.c.archived_at.is_(None), rooms.c.id.not_in(there))
        .order_by(rooms.c.created_at, rooms.c.id)
    )
    return [Listed(_room(row[2:]), row[0], row[1]) for row in await conn.execute(query)]


async def archived(conn: AsyncConnection, limit: int) -> list[Listed]:
    """Rooms that were archived, the last one first."""
    query = (
        select(_how_many(), _last(), *_ROOM)
        .where(rooms.c.archived_at.is_not(None))
        .order_by(rooms.c.archived_at.desc())
        .limit(limit)
    )
    return [Listed(_room(row[2:]), row[0], row[1]) for row in await conn.execute(query)]


async def change(conn: AsyncConnection, room: Room) -> None:
    """Write the settings of a room. Raises `NameTaken` where another has its name; that of an
    archived room is free."""
    key = None if room.archived_at is not None or room.name is None else room_key(room.name)
    if key is not None:
        taken = select(rooms.c.id).where(rooms.c.name_key == key, rooms.c.id != room.id)
        # One transaction writes at a time, so nobody takes it in between.
        if (await conn.execute(taken)).first() is not None:
            raise _name_taken(room.name)
    await conn.execute(
        update(rooms)
        .where(rooms.c.id == room.id)
        .values(
            name=room.name,
            name_key=key,
            kind=room.kind,
            description=room.description,
            archived_at=room.archived_at,
            posting=room.posting,
            adding=room.adding,
            readable=room.readable,
        )
    )


async def opened(conn: AsyncConnection, room_id: str, id: int) -> None:
    """Notes the id by which the log has announced that a room was opened to everybody: what was
    said before it was said among few. Unless all or nothing is to be read by now."""
    which = (rooms.c.id == room_id, rooms.c.readable > 0, rooms.c.readable < id)
    await conn.execute(update(rooms).where(*which).values(readable=id))


async def every_conduct(
    conn: AsyncConnection, page: int = 1_000
) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """For every room: what the mirror has of it (`domain.conduct`). A room that demands nothing
    is told too, so that a copy can be emptied."""
    query = select(*_ROOM).order_by(rooms.c.id).limit(page)
    last = ""
    while found := [_room(row) for row in await conn.execute(query.where(rooms.c.id > last))]:
        ids = [room.id for room in found]
        in_charge = await _by_room(conn, members, members.c.role != "member", ids, "role")
        muted = await _by_room(conn, mutes, true(), ids, "until")
        blocked = await blocks.in_rooms_of_two(conn, ids)
        for room in found:
            yield (
                room.id,
                entries(
                    archived=room.archived_at is not None,
                    posting=room.posting,
                    readable=room.readable,
                    staff_ids=in_charge.get(room.id, {}),
                    muted=muted.get(room.id, {}),
                    blocked=blocked.get(room.id, ()),
                ),
            )
        last = ids[-1]


async def _by_room(
    conn: AsyncConnection, table: Table, which: ColumnElement[bool], ids: list[str], column: str
) -> dict[str, dict[str, Any]]:
    """Room -> user -> the value of a column."""
    query = select(table.c.room_id, table.c.user_id, table.c[column]).where(
        table.c.room_id.in_(ids), which
    )
    found: dict[str, dict[str, Any]] = {}
    for room_id, user_id, value in await conn.execute(query):
        found.setdefault(room_id, {})[user_id] = value
    return found


async def with_names(conn: AsyncConnection) -> list[Room]:
    """Open and private rooms, archived ones left out, oldest first."""
    query = select(*_ROOM).where(rooms.c.name.is_not(None), rooms.c.archived_at.is_(None))
    rows = await conn.execute(query.order_by(rooms.c.created_at, rooms.c.id))
    return [_room(row) for row in rows]


async def first_open(conn: AsyncConnection) -> Room | None:
    """The oldest open room: the one that newcomers are put into."""
    query = (
        select(*_ROOM)
        .where(rooms.c.kind == "open", rooms.c.archived_at.is_(None))
        .order_by(rooms.c.created_at, rooms.c.id)
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return _room(row) if row else None


def _room(row: Iterable[Any]) -> Room:
    return Room(*row)


def _last() -> ScalarSelect[int]:
    return select(func.max(messages.c.id)).where(messages.c.room_id == rooms.c.id).scalar_subquery()


def _direct_key(people: Sequence[str]) -> str:
    return " ".join(sorted(people))


def _how_many() -> ScalarSelect[int]:
    others = members.alias()
    return select(func.count()).where(others.c.room_id == rooms.c.id).scalar_subquery()


def _name_taken(name: str | None) -> NameTaken:
    return NameTaken(f"There is a room named {name} already. {NameTaken.hint}")
