"""Pins: messages that are held up to everybody in their room."""

from __future__ import annotations

from tornchat.archive import messages as archive
from tornchat.chat.changes import now, seen
from tornchat.chat.context import Chat, Identity
from tornchat.chat.messages import reads_from
from tornchat.domain import changes, rules
from tornchat.domain.changes import fold
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.domain.ids import MAX_ID
from tornchat.domain.messages import Message
from tornchat.domain.topics import room_topic
from tornchat.log import change, read, upkeep


async def pin(chat: Chat, who: Identity, id: int) -> None:
    """Pin a message, as any member may. Harmless where it is pinned already.

    Raises `NotFound`, `Forbidden`, `InvalidValue`, `TooMany`, `LogAway`, `DatabaseAway`.
    """
    message = await now(chat, await seen(chat, who, id))
    if message.deleted:
        raise NotFound("The message has been deleted.")
    if message.pinned:
        return
    # Two at the same moment may make it one more than that, which harms nobody.
    if len(await _pinned(chat, message.room)) >= rules.MOST_PINS:
        raise InvalidValue(
            f"A room has at most {rules.MOST_PINS} pinned messages: unpin one.",
            reason="pins_most",
            most=rules.MOST_PINS,
        )
    await _say(chat, who, message, changes.PINNED)


async def unpin(chat: Chat, who: Identity, id: int) -> None:
    """Take a pin away, as any member may. Harmless where there is none."""
    message = await now(chat, await seen(chat, who, id))
    if message.pinned:
        await _say(chat, who, message, changes.UNPINNED)


async def pinned(chat: Chat, who: Identity, room: str) -> list[Message]:
    """The pinned messages of a room that ``who`` may read, the last one pinned first.

    Raises `NotFound`, `Forbidden`, `LogAway`, `DatabaseAway`.
    """
    since = await reads_from(chat, who, room)
    return [message for message in await _pinned(chat, room) if message.id > since]


async def _pinned(chat: Chat, room: str) -> list[Message]:
    # The watermark first, then the log after it, then SQL, as with a page of history.
    complete = await upkeep.archived(chat.client)
    events = []
    while complete < MAX_ID:
        part, complete = await read.page(chat.client, {room_topic(room): complete}, MAX_ID)
        events += part
    newly = {event.fields["message"] for event in events if event.kind == changes.PINNED}
    async with chat.database.read() as conn:
        rows = await archive.pinned_in(conn, room)
        rows += await archive.by_ids(conn, room, newly - {row.id for row in rows})
    found = [message for message in fold(rows, events) if message.pinned]
    return sorted(found, key=lambda message: (message.pinned or {})["at"], reverse=True)


async def _say(chat: Chat, who: Identity, message: Message, kind: str) -> None:
    fields = changes.pin(kind, message.room, message.id, who.user)
    await change.append_change(chat.client, fields, message, who.user, chat.post_rate)
