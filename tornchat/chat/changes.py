"""What becomes of a message after it was posted: edit it, delete it, answer it with an emoji."""

from __future__ import annotations

from dataclasses import dataclass

from tornchat.archive import members
from tornchat.archive import messages as archive
from tornchat.chat import mentions, previews
from tornchat.chat.context import Chat, Identity
from tornchat.chat.messages import as_it_is_now, may_render, reads_from
from tornchat.chat.rendering import takes_long
from tornchat.domain import changes, permissions, rules
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.domain.ids import MAX_ID
from tornchat.domain.messages import Message, message_of
from tornchat.log import change, upkeep


async def edit(
    chat: Chat, who: Identity, id: int, body: object, nonce: object, edited: object
) -> Message:
    """Make a message of one's own say something else; the message as it is then.

    With the same nonce, or where it says so already, nothing happens again. ``edited`` is the time
    of the last edit that was looked at, 0 for none. Raises `NotFound`, `Forbidden`, `TooLate`,
    `EditConflict`, `NonceReused`, `InvalidValue`, `TooMany`, `LogAway`, `DatabaseAway`.
    """
    key = None if nonce is None else rules.check_nonce(nonce)
    looked_at = _time_or_none(edited)
    found = await seen(chat, who, id)
    message = found.message
    text = rules.check_body(body, may_be_empty=bool(message.files))
    permissions.may_edit(message.author, who.user)
    if takes_long(text):
        await may_render(chat, who, message.room)
    html, said = await mentions.render(chat, who, message.room, text)
    await change.append_change(
        chat.client,
        changes.message_edited(message, text, html, said),
        message,
        who.user,
        chat.post_rate,
        nonce=key,
        edited=looked_at,
        until=message.at + rules.EDIT_SECONDS * 1000,
    )
    message = await now(chat, found)
    previews.consider(chat, message)
    return message


async def delete(chat: Chat, who: Identity, id: int) -> None:
    """Leave nothing of a message but its place. Harmless for one that is deleted already.

    Raises `NotFound`, `Forbidden`, `TooMany`, `LogAway`, `DatabaseAway`.
    """
    message = (await seen(chat, who, id)).message
    role = None
    if message.author != who.user:
        async with chat.database.read() as conn:
            member = await members.get(conn, message.room, who.user)
        role = member.role if member else None
    permissions.may_delete(message.author, who.user, role, who.role)
    fields = changes.message_deleted(message.room, id, message.author, who.user)
    await change.append_change(chat.client, fields, message, who.user, chat.post_rate)


async def react(chat: Chat, who: Identity, id: int, emoji: str) -> None:
    """Answer a message with an emoji. Harmless where one has done so already.

    Raises `NotFound`, `Forbidden`, `InvalidValue`, `TooMany`, `LogAway`, `DatabaseAway`.
    """
    rules.check_emoji(emoji)
    message = await now(chat, await seen(chat, who, id))
    given = message.reactions or {}
    if who.user in given.get(emoji, ()):
        return
    if emoji not in given and len(given) >= rules.MOST_REACTIONS:
        raise InvalidValue(
            "This message has as many different reactions as it may have.", reason="reactions_most"
        )
    await _say(chat, who, message, changes.REACTED, emoji)


async def take_back(chat: Chat, who: Identity, id: int, emoji: str) -> None:
    """Take an emoji back. Harmless where one has not given it."""
    rules.check_emoji(emoji)
    message = await now(chat, await seen(chat, who, id))
    if who.user in (message.reactions or {}).get(emoji, ()):
        await _say(chat, who, message, changes.UNREACTED, emoji)


async def _say(chat: Chat, who: Identity, message: Message, kind: str, emoji: str) -> None:
    # Twice at the same moment makes two events, of which the second changes nothing.
    fields = changes.reaction(kind, message.room, message.id, who.user, emoji)
    await change.append_change(chat.client, fields, message, who.user, chat.post_rate)


@dataclass(frozen=True, slots=True)
class Found:
    """A message, perhaps without the changes of the last moment: those after ``archived``."""

    message: Message
    archived: int


async def seen(chat: Chat, who: Identity, id: int) -> Found:
    """A message that ``who`` may read.

    The queue first, then SQL: what the archive takes meanwhile is in both, and never in neither.
    """
    archived = await upkeep.archived(chat.client)
    event = await upkeep.queued_event(chat.client, id)
    message = message_of(id, event.fields) if event and event.kind == "message" else None
    if message is None:
        async with chat.database.read() as conn:
            message = await archive.by_id(conn, id)
    if message is None or message.id <= await reads_from(chat, who, message.room):
        raise NotFound("There is no such message, or you may not see it.")
    return Found(message, archived)


async def now(chat: Chat, found: Found) -> Message:
    """The message with all that is in the log."""
    [message] = await as_it_is_now(chat, found.message.room, found.archived, [found.message])
    return message


def _time_or_none(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ID:
        raise InvalidValue("edited is the time of the last edit, or 0.")
    return value
