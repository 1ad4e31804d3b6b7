"""Order in a room: roles, and who may only read for a while."""

from __future__ import annotations

from typing import cast

from tornchat.archive import members, mutes
from tornchat.archive.announcer import Change
from tornchat.archive.rows import Profile, SeatRole
from tornchat.chat import audit
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.chat.rooms import room_and_member
from tornchat.domain import announcements, permissions
from tornchat.domain.errors import Conflict, InvalidValue, NotFound

ROLES = ("owner", "moderator", "member")
MOST_MUTED_MS = 366 * 24 * 3_600_000


async def change_member(
    chat: Chat, who: Identity, room_id: str, user_id: str, role: object, muted_until: object
) -> Profile:
    """Give a member another role, or let them only read until a time (unix ms, 0 for no longer);
    None leaves that as it is. The member as they are then.

    Raises `NotFound`, `Forbidden`, `InvalidValue`, and `Conflict` where nobody would own the room.
    """
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user)
        own = member.role if member else None
        other = await members.get(change.conn, room_id, user_id)
        if role is not None:
            permissions.may_manage(room.kind, own, who.role)
        if muted_until is not None:
            permissions.may_moderate(room.kind, own, who.role, other.role if other else None)
        if role is None and muted_until is None:
            raise InvalidValue("Send role or muted_until.")
        if other is None:
            raise NotFound("That person is not a member of this room.")
        if role is not None:
            await _give(change, room_id, user_id, role, who)
        if muted_until is not None:
            if user_id == who.user:
                raise InvalidValue("Nobody mutes themselves.", reason="mute_self")
            await _mute(change, room_id, user_id, muted_until, who)
        found = await members.of_room(change.conn, room_id)
    return next(person for person in found if person.id == user_id)


async def _give(change: Change, room_id: str, user_id: str, role: object, who: Identity) -> None:
    if role not in ROLES:
        raise InvalidValue("role is owner, moderator or member.")
    given = cast(SeatRole, role)
    if given != "owner" and await members.owners(change.conn, room_id) == {user_id}:
        raise Conflict("A room keeps an owner. Make somebody else one first.", reason="last_owner")
    if await members.set_role(change.conn, room_id, user_id, given):
        await change.announce(announcements.role_changed(room_id, user_id, given, who.user))
        await audit.note(change, who, "member.role", user=user_id, room=room_id, role=given)


async def _mute(change: Change, room_id: str, user_id: str, until: object, who: Identity) -> None:
    if not isinstance(until, int) or isinstance(until, bool):
        raise InvalidValue("muted_until is a time in unix milliseconds, or 0.")
    if until == 0:
        if await mutes.lift(change.conn, room_id, user_id):
            await change.announce(announcements.muted(room_id, user_id, 0, who.user))
            await audit.note(change, who, "member.unmuted", user=user_id, room=room_id)
        return
    if not change.now < until <= change.now + MOST_MUTED_MS:
        raise InvalidValue("muted_until is a time within the next year, in unix milliseconds.")
    await mutes.put(change.conn, room_id, user_id, until)
    await change.announce(announcements.muted(room_id, user_id, until, who.user))
    await audit.note(change, who, "member.muted", user=user_id, room=room_id, until=until)
