"""Keeping up with rooms: how far I have read, and what of a room concerns me.

The read marker goes forward by itself, as people read on several devices at once, and back only
where somebody says so. Each time it is put back a new *turn* begins. A device that read on before
it heard of that moves the marker of an older turn, which does nothing: what was marked as unread on
purpose stays so.
"""

from __future__ import annotations

from tornchat.archive import members
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.chat.rooms import room_and_member
from tornchat.domain import announcements, permissions
from tornchat.domain.attention import check_level
from tornchat.domain.errors import InvalidValue
from tornchat.domain.ids import MAX_ID
from tornchat.log import read


async def mark_read(
    chat: Chat, who: Identity, room_id: str, message: object, turn: object = None
) -> None:
    """Move my read marker forward, on all my devices. Backwards is ignored, and so is a mark of an
    older ``turn``.

    What is still to come cannot have been read: a marker there would hide it for good.
    """
    last_read = min(_id_of(message), (await read.position(chat.client, [])).clock)
    known = None if turn is None else _turn_of(turn)
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user, archived=True)
        permissions.may_read(room.kind, member is not None)
        now = await members.move_read(change.conn, room_id, who.user, last_read, known)
        if now is not None:
            await change.announce(announcements.read_up_to(who.user, room_id, last_read, now))


async def mark_unread(chat: Chat, who: Identity, room_id: str, message: object) -> None:
    """Have ``message`` and what came after it unread again, on all my devices. From before my
    joining nothing is ever unread.

    Also where it is unread as far as is known here: a mark of one of my devices, which has shown it
    as read, may be under way.
    """
    first = _id_of(message)
    # From the mirror: SQL learns the id of a membership a moment after it was announced.
    joined = (await read.position(chat.client, [], who.user)).memberships.get(room_id, 0)
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user, archived=True)
        permissions.may_read(room.kind, member is not None)
        assert member is not None
        last_read = max(first - 1, joined)
        if member.last_read is not None:
            last_read = min(last_read, member.last_read)
        turn = await members.put_read_back(change.conn, room_id, who.user, last_read)
        await change.announce(announcements.read_up_to(who.user, room_id, last_read, turn))


async def set_level(chat: Chat, who: Identity, room_id: str, level: object) -> None:
    """Choose what of a room concerns me."""
    chosen = check_level(level)
    async with change_by(chat, who) as change:
        room, member = await room_and_member(change.conn, room_id, who.user, archived=True)
        permissions.may_read(room.kind, member is not None)
        if await members.set_level(change.conn, room_id, who.user, chosen):
            await change.announce(announcements.level_chosen(who.user, room_id, chosen))


def _id_of(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ID:
        raise InvalidValue("id is the id of a message.")
    return value


def _turn_of(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InvalidValue("turn is the number that the room has as read_turn.")
    return value
