"""Presence and typing, as people ask for them. Who is there is found out by `hub.presence`."""

from __future__ import annotations

from tornchat.archive import members
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.chat.messages import explain_stranger
from tornchat.domain.errors import Forbidden, InvalidValue
from tornchat.domain.presence import State
from tornchat.log import presence

CHANGES_PER_MINUTE = 20
"""Of activity at one device."""


async def around(chat: Chat, who: Identity) -> dict[str, State]:
    """Who is there of the people with whom I share a room, idle or not; nobody who is offline.

    Raises `LogAway`, `DatabaseAway`.
    """
    async with chat.database.read() as conn:
        users = await members.sharing_with(conn, who.user)
    return await presence.shown(chat.client, users)


async def note_active(chat: Chat, who: Identity, active: object) -> None:
    """At this device somebody does something again, or has done nothing for a while."""
    if not isinstance(active, bool):
        raise InvalidValue("active is true or false.")
    await rate_limit(
        chat,
        f"active:{presence.session_name(who.digest)}",
        CHANGES_PER_MINUTE,
        CHANGES_PER_MINUTE,
        "You come and go too fast.",
    )
    await presence.note_idle(chat.client, who.digest, not active)


async def write(chat: Chat, who: Identity, room: str) -> None:
    """Say in a room that I am writing. Raises `NotFound`, `Forbidden`, `LogAway`."""
    if not await presence.say_typing(chat.client, who.user, room):
        await explain_stranger(chat, who, room)
        raise Forbidden("You are not a member of this room. Join it first.")
