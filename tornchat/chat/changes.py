"""What becomes of a message after it was posted: edit it, delete it."""

from __future__ import annotations

from dataclasses import replace

from tornchat.archive import messages as archive
from tornchat.chat.context import Chat, Identity
from tornchat.chat.messages import may_render, reads_from
from tornchat.chat.rendering import INLINE_BELOW
from tornchat.domain import changes, permissions, rules
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.domain.ids import MAX_ID
from tornchat.domain.messages import Message, message_of
from tornchat.log import change, upkeep


async def edit(
    chat: Chat, who: Identity, id: int, body: object, nonce: object, version: object
) -> Message:
    """Make a message of one's own say something else; the message as it is then.

    With the same nonce, or where it says so already, nothing happens again. ``version`` is the one
    that was looked at. Raises `NotFound`, `Forbidden`, `TooLate`, `EditConflict`, `NonceReused`,
    `InvalidValue`, `TooMany`, `LogAway`, `DatabaseAway`.
    """
    text = rules.check_body(body)
    key = None if nonce is None else rules.check_nonce(nonce)
    seen = _version(version)
    message = await readable(chat, who, id)
    permissions.may_edit(message.author, who.user)
    if len(text) >= INLINE_BELOW:
        await may_render(chat, who, message.room)
    html = await chat.renderer.render_off_loop(text)
    changed = await change.append_change(
        chat.client,
        changes.message_edited(message.room, id, message.author, text, html),
        message,
        who.user,
        chat.post_rate,
        nonce=key,
        version=seen,
        until=message.at + rules.EDIT_SECONDS * 1000,
    )
    return replace(
        message, body=text, html=html, edited=changed.at or None, version=changed.version
    )


async def delete(chat: Chat, who: Identity, id: int) -> None:
    """Leave nothing of a message but its place. Harmless for one that is deleted already.

    Raises `NotFound`, `Forbidden`, `TooMany`, `LogAway`, `DatabaseAway`.
    """
    message = await readable(chat, who, id)
    permissions.may_delete(message.author, who.user)
    fields = changes.message_deleted(message.room, id, message.author, who.user)
    await change.append_change(chat.client, fields, message, who.user, chat.post_rate)


async def readable(chat: Chat, who: Identity, id: int) -> Message:
    """A message that ``who`` may read, perhaps without the changes of the last moment.

    The queue first, then SQL: what the archive takes meanwhile is in both, and never in neither.
    """
    event = await upkeep.queued_event(chat.client, id)
    message = message_of(id, event.fields) if event and event.kind == "message" else None
    if message is None:
        async with chat.database.read() as conn:
            message = await archive.by_id(conn, id)
    if message is None or message.id <= await reads_from(chat, who, message.room):
        raise NotFound("There is no such message, or you may not see it.")
    return message


def _version(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_ID:
        raise InvalidValue("version is the id of the last event about the message.")
    return value
