"""Direct rooms: one for exactly these people, who never change."""

from __future__ import annotations

from tornchat.archive import blocks, members, rooms, users
from tornchat.archive.ids import short_id
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.chat.people import public_user
from tornchat.domain import announcements, rules
from tornchat.domain.errors import CannotWrite, NotFound


async def open_with(chat: Chat, who: Identity, others: object) -> tuple[str, bool]:
    """The direct room of exactly these people and me; its id, and whether it was made for it.

    Raises `InvalidValue`, and `NotFound` where it would have to be made with somebody who is not
    there or whose account is closed, `CannotWrite` where one of them has blocked me.
    """
    people = rules.check_people(others, who.user)
    async with chat.database.read() as conn:
        room = await rooms.direct_of(conn, people)
    if room is not None:
        return room, False
    id = short_id()
    async with change_by(chat, who) as change:
        found = await users.many(change.conn, people)
        if any(id not in found or found[id].disabled_at is not None for id in people):
            raise NotFound("There is no such person.")
        if await blocks.any_against(change.conn, who.user, people):
            raise CannotWrite()
        if not await rooms.add_direct(
            change.conn, room_id=id, people=people, created_by=who.user, now=change.now
        ):
            # Somebody was a moment faster.
            return str(await rooms.direct_of(change.conn, people)), False
        for user in people:
            await members.add(change.conn, room_id=id, user_id=user, role="member", now=change.now)
        shut = set()
        if len(people) == 2:
            shut = {other for _, other in await blocks.pairs(change.conn, people, people)}
        shown = [public_user(found[user]) for user in people]
        await change.announce(announcements.direct_opened(id, shown, who.user, shut))
    return id, True
