"""Rooms: make, find, join, add, leave, remove."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import invites, members, mutes, rooms, users
from tornchat.archive.announcer import Change
from tornchat.archive.ids import short_id
from tornchat.archive.rows import Member, Profile, Room, RoomKind, SeatRole, User
from tornchat.chat import audit
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.chat.people import public_person
from tornchat.domain import announcements, permissions, rules
from tornchat.domain.errors import InvalidValue, NotFound


async def create(
    chat: Chat, who: Identity, name: object, description: object, private: object
) -> str:
    """A new room, whose maker is its owner; gives its id. An open one is told to everybody."""
    clean = rules.check_room_name(name)
    text = rules.check_description("" if description is None else description)
    if not isinstance(private, bool | None):
        raise InvalidValue("private is true or false.")
    async with change_by(chat, who) as change:
        user = await _user(change.conn, who.user)
        room = await add_room(change, clean, text, "private" if private else "open", who.user)
        await seat(change, room, user, "owner", by=who.user)
        await audit.note(change, who, "room.created", room=room.id, access=room.kind)
    return room.id


async def add_room(
    change: Change, name: str, description: str, kind: RoomKind, by: str | None
) -> Room:
    """A room without members yet, in a change that may do more."""
    room = await rooms.add(
        change.conn,
        room_id=short_id(),
        name=name,
        kind=kind,
        description=description,
        created_by=by,
        now=change.now,
    )
    if kind == permissions.OPEN:
        await change.announce(announcements.room_created(room.id, name, description, by or ""))
    return room


async def seat(change: Change, room: Room, user: User, role: SeatRole, *, by: str) -> None:
    """Make ``user`` a member, unless they are one."""
    if await members.add(change.conn, room_id=room.id, user_id=user.id, role=role, now=change.now):
        about = public_person(user)
        # Who was muted when they left still is.
        muted = await mutes.until(change.conn, room.id, user.id)
        if muted is not None and muted > change.now:
            about["muted"] = muted
        await change.announce(
            announcements.joined(
                *(room.id, user.id, user.username, user.display_name, role, by), about=about
            )
        )


async def join(chat: Chat, who: Identity, room_id: str) -> None:
    """Become a member of an open room, or its owner where nobody is in it any more."""
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user)
        deserted = await members.none_in(change.conn, room_id)
        permissions.may_join(room.kind, member is not None, deserted, who.role)
        role: SeatRole = "owner" if deserted else "member"
        await seat(change, room, await _user(change.conn, who.user), role, by=who.user)


async def add(chat: Chat, who: Identity, room_id: str, user_id: str) -> None:
    """Make somebody else a member."""
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user)
        permissions.may_add(room.kind, member.role if member else None, room.adding)
        await seat(change, room, await _user(change.conn, user_id), "member", by=who.user)


async def leave(chat: Chat, who: Identity, room_id: str) -> None:
    """Be a member no longer. Harmless for one who is not."""
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user, archived=True)
        permissions.may_leave(room.kind, member is not None)
        await unseat(change, room, who.user, by=who.user)


async def remove(chat: Chat, who: Identity, room_id: str, user_id: str) -> None:
    """Make somebody else leave; streams stop carrying the room at once."""
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user)
        other = await members.get(change.conn, room_id, user_id)
        permissions.may_moderate(
            room.kind,
            member.role if member else None,
            who.role,
            other.role if other else None,
        )
        if not await unseat(change, room, user_id, by=who.user):
            raise NotFound("That person is not a member of this room.")
        await audit.note(change, who, "member.removed", user=user_id, room=room_id)


async def people(chat: Chat, who: Identity, room_id: str) -> list[Profile]:
    """The members, in the order of joining."""
    async with chat.database.read() as conn:
        room, member = await room_and_member(conn, room_id, who.user, archived=True)
        permissions.may_read(room.kind, member is not None)
        return await members.of_room(conn, room_id)


async def unseat(change: Change, room: Room, user_id: str, *, by: str) -> bool:
    """Make somebody a member no longer; False for one who is none.

    Whoever goes leaves no way back in, and the room with an owner while anybody is there.
    """
    if not await members.remove(change.conn, room.id, user_id):
        return False
    await change.announce(announcements.left(room.id, user_id, by))
    await invites.revoke_of(change.conn, room.id, user_id, change.now)
    await keep_owned(change, room, by)
    return True


async def keep_owned(change: Change, room: Room, by: str) -> None:
    """Give a room an owner where none is left who can look after it, while anybody is there."""
    if room.kind == permissions.DIRECT or await members.owners(change.conn, room.id):
        return
    heir = await members.heir(change.conn, room.id)
    if heir is not None and await members.set_role(change.conn, room.id, heir, "owner"):
        await change.announce(announcements.role_changed(room.id, heir, "owner", by))


async def room_and_member(
    conn: AsyncConnection, room_id: str, user_id: str, *, archived: bool = False
) -> tuple[Room, Member | None]:
    """A room, and the membership of somebody in it. Raises `NotFound`, for an archived room too
    unless that will do (``archived``)."""
    room = await rooms.by_id(conn, room_id)
    if room is None or (room.archived_at is not None and not archived):
        raise NotFound("There is no such room, or you are not in it.")
    return room, await members.get(conn, room_id, user_id)


async def _user(conn: AsyncConnection, user_id: str) -> User:
    user = await users.by_id(conn, user_id)
    if user is None or user.disabled_at is not None:
        raise NotFound("There is no such person.")
    return user
