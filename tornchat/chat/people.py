"""Who people are to others, and finding them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from tornchat.archive import users
from tornchat.archive.rows import Profile, User
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.domain import rules
from tornchat.domain.errors import InvalidValue

SEARCHES_PER_MINUTE = 300
SEARCHES_AT_ONCE = 60
MOST_PREFIX = 64
"""Characters: no name is longer."""
MOST_FOUND = 20


def public_person(person: User | Profile) -> dict[str, Any]:
    """A person as everybody may see them, wherever that is; ``disabled`` and ``deleted`` only where
    the account is."""
    shown: dict[str, Any] = {
        "id": person.id,
        "username": person.username,
        "display_name": person.display_name,
    }
    if person.bot:
        shown["bot"] = True
    if person.status is not None:
        shown["status"] = json.loads(person.status)
    if person.avatar is not None:
        shown["avatar"] = person.avatar
    if person.disabled:
        shown["disabled"] = True
    if person.deleted:
        shown["deleted"] = True
    return shown


def public_user(person: User | Profile) -> dict[str, Any]:
    """The same with their role, in the space or of a member in the room."""
    return {**public_person(person), "role": person.role}


async def profiles(
    chat: Chat, ids: Collection[str], username: str | None = None
) -> list[dict[str, Any]]:
    """People by their ids, and the one with a username, where they are not disabled."""
    if not ids and username is None:
        return []
    async with chat.database.read() as conn:
        found = list((await users.many(conn, ids)).values())
        if username is not None:
            named = await users.by_username(conn, username)
            found += [named] if named is not None and named.disabled_at is None else []
    return [public_user(user) for user in found]


async def find(chat: Chat, who: Identity, prefix: str) -> list[dict[str, Any]]:
    """People whose username, or a word of whose display name, begins with ``prefix``."""
    text = " ".join(prefix.split()).removeprefix("@")
    if not rules.is_text(text) or len(text) > MOST_PREFIX:
        raise InvalidValue(
            f"Search with {MOST_PREFIX} characters at most.",
            reason="people_length",
            most=MOST_PREFIX,
        )
    if chat.post_rate:
        await rate_limit(
            chat,
            f"people:{who.user}",
            SEARCHES_PER_MINUTE,
            SEARCHES_AT_ONCE,
            "You search too fast.",
        )
    async with chat.database.read() as conn:
        found = await users.beginning_with(conn, text, MOST_FOUND)
    return [public_user(user) for user in found]
