"""Blocking: to hear nothing of somebody, and to be written to by them no more.

They are not told. What they write in a room is there for all others as before; my page folds it
away, and nothing counts or tells me of it. In the direct room of us two they write no more.
"""

from __future__ import annotations

from typing import Any

from tornchat.archive import blocks, rooms, users
from tornchat.chat import people
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.domain import announcements
from tornchat.domain.errors import InvalidValue, NotFound


async def block(chat: Chat, who: Identity, user_id: str) -> None:
    """Harmless for one who is blocked already. Raises `NotFound`, `InvalidValue`."""
    if user_id == who.user:
        raise InvalidValue("You cannot block yourself.", reason="block_self")
    async with change_by(chat, who) as change:
        if await users.by_id(change.conn, user_id) is None:
            raise NotFound("There is no such person.")
        if await blocks.add(change.conn, who.user, user_id, change.now):
            room = await rooms.direct_of(change.conn, [who.user, user_id])
            await change.announce(announcements.blocked(who.user, user_id, room))


async def unblock(chat: Chat, who: Identity, user_id: str) -> None:
    """Harmless for one who is not blocked."""
    async with change_by(chat, who) as change:
        if await blocks.remove(change.conn, who.user, user_id):
            room = await rooms.direct_of(change.conn, [who.user, user_id])
            await change.announce(announcements.unblocked(who.user, user_id, room))


async def blocked(chat: Chat, user_id: str) -> list[dict[str, Any]]:
    """Those whom somebody has blocked, as they are shown."""
    async with chat.database.read() as conn:
        ids = await blocks.of_user(conn, user_id)
    found = {person["id"]: person for person in await people.profiles(chat, ids)}
    return [found[id] for id in ids if id in found]
