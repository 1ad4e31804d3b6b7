"""Who is in which room, since when, and how far they have read."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import Member, Profile, SeatRole
from tornchat.archive.schema import members, mutes, rooms, users
from tornchat.archive.sql import insert_unless_there, rows_changed
from tornchat.domain.attention import Level

_PAGE = 1_000
_ABLE = (users.c.disabled_at.is_(None), users.c.role != "bot")
"""Neither closed accounts nor programs can look after a room."""

_MEMBER = select(
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
    conn: AsyncConnection, *, room_id: str, user_id: str, role: SeatRole, now: int
) -> bool:
    """False where the user is a member already, whose role and time then stay."""
    statement = insert_unless_there(conn, members, on=["room_id", "user_id"]).values(
        room_id=room_id, user_id=user_id, role=role, joined_at=now
    )
    return await rows_changed(conn, statement) > 0


async def remove(conn: AsyncConnection, room_id: str, user_id: str) -> bool:
    """False where the user was no member."""
    return await rows_changed(conn, delete(members).where(*_one(room_id, user_id))) > 0


async def get(conn: AsyncConnection, room_id: str, user_id: str) -> Member | None:
    row = (await conn.execute(_MEMBER.where(*_one(room_id, user_id)))).one_or_none()
    return Member(*row) if row else None


async def none_in(conn: AsyncConnection, room_id: str) -> bool:
    """Whether nobody is in the room who could look after it (`_ABLE`)."""
    query = select(members.c.user_id).join(users).where(members.c.room_id == room_id, *_ABLE)
    return (await conn.execute(query.limit(1))).first() is None


async def count(conn: AsyncConnection, room_id: str) -> int:
    query = select(func.count()).where(members.c.room_id == room_id)
    return (await conn.execute(query)).scalar_one()


async def of_room(conn: AsyncConnection, room_id: str) -> list[Profile]:
    """In the order of joining."""
    query = (
        select(
            users.c.id,
            users.c.username,
            users.c.display_name,
            members.c.role,
            users.c.disabled_at.is_not(None),
            users.c.role == "bot",
            users.c.status,
            users.c.avatar,
            users.c.deleted_at.is_not(None),
            mutes.c.until,
        )
        .join(members, members.c.user_id == users.c.id)
        .outerjoin(
            mutes,
            and_(
                mutes.c.room_id == members.c.room_id,
                mutes.c.user_id == members.c.user_id,
            ),
        )
        .where(members.c.room_id == room_id)
        .order_by(members.c.joined_at, users.c.id)
    )
    return [Profile(*row) for row in await conn.execute(query)]


async def staff(conn: AsyncConnection, room_id: str) -> dict[str, SeatRole]:
    """Its owners and moderators, with their roles."""
    query = select(members.c.user_id, members.c.role).where(
        members.c.room_id == room_id, members.c.role != "member"
    )
    return {row.user_id: row.role for row in await conn.execute(query)}


async def owners(conn: AsyncConnection, room_id: str) -> set[str]:
    """Its owners who can look after it (`_ABLE`)."""
    query = (
        select(members.c.user_id)
        .join(users)
        .where(members.c.room_id == room_id, members.c.role == "owner", *_ABLE)
    )
    return set((await conn.execute(query)).scalars())


async def set_role(conn: AsyncConnection, room_id: str, user_id: str, role: SeatRole) -> bool:
    """False where the user is no member, or has this role already."""
    statement = (
        update(members).where(*_one(room_id, user_id), members.c.role != role).values(role=role)
    )
    return await rows_changed(conn, statement) > 0


async def heir(conn: AsyncConnection, room_id: str) -> str | None:
    """Who is next to own a room: its oldest moderator, else its oldest member, of those who can
    look after it (`_ABLE`)."""
    query = (
        select(members.c.user_id)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.room_id == room_id, *_ABLE)
        .order_by(
            case((members.c.role == "moderator", 0), else_=1),
            members.c.joined_at,
            members.c.user_id,
        )
        .limit(1)
    )
    return (await conn.execute(query)).scalar_one_or_none()


async def with_whom(conn: AsyncConnection, user_id: str) -> dict[str, list[str]]:
    """The direct rooms of somebody, each with the ids of its other people, by their names."""
    mine = members.alias()
    query = (
        select(mine.c.room_id, users.c.id)
        .join(rooms, rooms.c.id == mine.c.room_id)
        .join(members, members.c.room_id == mine.c.room_id)
        .join(users, users.c.id == members.c.user_id)
        .where(mine.c.user_id == user_id, rooms.c.kind == "direct")
        .order_by(users.c.username_key)
    )
    found: dict[str, list[str]] = {}
    for room_id, other in await conn.execute(query):
        found.setdefault(room_id, []).extend([other] if other != user_id else [])
    return found


async def sharing_with(conn: AsyncConnection, user_id: str) -> list[str]:
    """Everybody who is in a room with ``user_id``, without themselves."""
    mine = select(members.c.room_id).where(members.c.user_id == user_id)
    query = (
        select(members.c.user_id)
        .where(members.c.room_id.in_(mine), members.c.user_id != user_id)
        .distinct()
    )
    return list((await conn.execute(query)).scalars())


async def set_joined_id(conn: AsyncConnection, room_id: str, user_id: str, joined_id: int) -> bool:
    """Notes that the log has announced the membership, which is unread from there on.

    Only ever raised, so that the announcement of an earlier membership, handed on late, cannot
    open to somebody what was said between leaving and joining again. False where the membership
    is gone or has this or a later id.
    """
    statement = (
        update(members)
        .where(
            *_one(room_id, user_id),
            or_(members.c.joined_id.is_(None), members.c.joined_id < joined_id),
        )
        .values(joined_id=joined_id, last_read=func.coalesce(members.c.last_read, joined_id))
    )
    return await rows_changed(conn, statement) > 0


async def move_read(
    conn: AsyncConnection, room_id: str, user_id: str, last_read: int, turn: int | None = None
) -> int | None:
    """Moves the read marker forward; its turn. None where it is there or further, or nobody's, or
    was put back since its ``turn``."""
    which = [
        *_one(room_id, user_id),
        or_(members.c.last_read.is_(None), members.c.last_read < last_read),
    ]
    if turn is not None:
        which.append(members.c.read_turn <= turn)
    statement = (
        update(members).where(*which).values(last_read=last_read).returning(members.c.read_turn)
    )
    found: int | None = await conn.scalar(statement)
    return found


async def put_read_back(conn: AsyncConnection, room_id: str, user_id: str, last_read: int) -> int:
    """Puts the read marker of a member where it is told, which is a new turn; gives that."""
    statement = (
        update(members)
        .where(*_one(room_id, user_id))
        .values(last_read=last_read, read_turn=members.c.read_turn + 1)
        .returning(members.c.read_turn)
    )
    return int((await conn.execute(statement)).scalar_one())


async def forget_reading(conn: AsyncConnection, user_id: str) -> None:
    """How far somebody has read, and what concerned them, is not remembered any more."""
    statement = update(members).where(members.c.user_id == user_id)
    await conn.execute(statement.values(last_read=members.c.joined_id, read_turn=0, level=None))


async def set_level(conn: AsyncConnection, room_id: str, user_id: str, level: Level) -> bool:
    """What of a room concerns a member; False where that was so before."""
    statement = (
        update(members)
        .where(*_one(room_id, user_id), or_(members.c.level.is_(None), members.c.level != level))
        .values(level=level)
    )
    return await rows_changed(conn, statement) > 0


async def by_user(
    conn: AsyncConnection, page: int = _PAGE
) -> AsyncIterator[tuple[str, dict[str, int]]]:
    """For every account: all its announced memberships, room -> joined_id.

    Those of disabled users too: they may be let in again, and are members then as before. A user
    without any is told too, so that a copy can be emptied. ``page`` is the number of users that
    are read at once.
    """
    query = select(users.c.id).order_by(users.c.id).limit(page)
    last = ""
    while ids := list((await conn.execute(query.where(users.c.id > last))).scalars()):
        found: dict[str, dict[str, int]] = {user_id: {} for user_id in ids}
        for user_id, room_id, joined_id in await conn.execute(_announced_of(ids)):
            found[user_id][room_id] = joined_id
        for user_id, joined in found.items():
            yield user_id, joined
        last = ids[-1]


def _announced_of(user_ids: list[str]) -> Select[str, str, int]:
    return select(members.c.user_id, members.c.room_id, members.c.joined_id).where(
        members.c.user_id.in_(user_ids), members.c.joined_id.is_not(None)
    )


def _one(room_id: str, user_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return members.c.room_id == room_id, members.c.user_id == user_id
