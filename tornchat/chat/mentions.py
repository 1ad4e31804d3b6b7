"""Rendering a text that may name people and rooms, and telling whom it calls."""

from __future__ import annotations

from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.domain import mentions
from tornchat.domain.errors import TooMany
from tornchat.domain.mentions import Names, Said
from tornchat.domain.permissions import OPEN
from tornchat.log import mirror

LOOKUPS_PER_MINUTE = 120
LOOKUPS_AT_ONCE = 40


async def render(chat: Chat, who: Identity, room: str, text: str) -> tuple[str, Said]:
    """HTML of a text in a room, and whom it calls. Most texts name nobody, and cost nothing here.

    Raises `LogAway`, and `TooMany` where too many long texts wait.
    """
    if text == "":
        return "", Said()
    if mentions.PERSON not in text and mentions.ROOM not in text:
        return await chat.renderer.render_off_loop(text), Said()
    return await chat.renderer.render_naming(text, await _names(chat, who, room, text))


async def _names(chat: Chat, who: Identity, room: str, text: str) -> Names:
    """Whom and what ``who`` may name there: members of the room, open rooms and rooms of their
    own."""
    keys, slugs = mentions.wanted(text)
    return Names(await _people(chat, who, room, keys), await _rooms(chat, who, slugs))


async def _people(
    chat: Chat, who: Identity, room: str, keys: set[str]
) -> dict[str, tuple[str, str]]:
    unknown = chat.names.unknown(keys)
    if unknown and await _may_look_up(chat, who):
        await chat.names.learn(unknown)
    found = chat.names.people(keys)
    if not found:
        return {}
    ids = [id for id, _ in found.values()]
    there = await mirror.members_among(chat.client, room, ids)
    return {key: person for key, person in found.items() if person[0] in there}


async def _rooms(chat: Chat, who: Identity, slugs: set[str]) -> dict[str, tuple[str, str]]:
    found = await chat.names.rooms(slugs) if slugs else {}
    hidden = [room.id for rooms in found.values() for room in rooms if room.kind != OPEN]
    mine = await mirror.memberships_of(chat.client, who.user, hidden)
    named = {}
    for slug, rooms in found.items():
        seen = [room for room in rooms if room.kind == OPEN or room.id in mine]
        if seen:
            named[slug] = (seen[0].id, seen[0].name or "")
    return named


async def _may_look_up(chat: Chat, who: Identity) -> bool:
    """Names that nobody has cost a query each time: who sends many of them gets them as text."""
    if not chat.post_rate:
        return True
    try:
        await rate_limit(
            chat, f"names:{who.user}", LOOKUPS_PER_MINUTE, LOOKUPS_AT_ONCE, "Too many names."
        )
    except TooMany:
        return False
    return True
