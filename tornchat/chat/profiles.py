"""People as others see them, their name and their status; and what they choose for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tornchat.archive import users
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.chat.people import public_person, public_user
from tornchat.domain import announcements, preferences, rules
from tornchat.domain.errors import Unauthenticated
from tornchat.domain.status import check_status

CHANGES_PER_MINUTE = 20
CHANGES_AT_ONCE = 20
"""Everybody hears of each."""
SETTINGS_PER_MINUTE = 30
SETTINGS_AT_ONCE = 30


async def change(chat: Chat, who: Identity, body: Mapping[str, Any]) -> dict[str, Any]:
    """Change what is in ``body`` of my name and status, and tell everybody; how I am seen now.

    Raises `InvalidValue`, `TooMany`, `DatabaseAway`.
    """
    values: dict[str, Any] = {}
    if "display_name" in body:
        values["display_name"] = rules.check_display_name(body["display_name"])
    if "status" in body:
        values["status"] = check_status(body["status"], chat.now())
    await rate_limit(
        chat,
        f"profile:{who.user}",
        CHANGES_PER_MINUTE,
        CHANGES_AT_ONCE,
        "You change how others see you too often.",
    )
    async with chat.announcer.change(chat.now()) as change:
        user = await users.change(change.conn, who.user, values)
        if user is None:
            raise Unauthenticated()
        if values:
            await change.announce(announcements.person_changed(user.id, public_person(user)))
    return public_user(user)


async def choose(chat: Chat, who: Identity, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change some of what I have chosen, on all my devices; all of it as it is now.

    Raises `InvalidValue`, `TooMany`, `DatabaseAway`.
    """
    preferences.changed({}, changes)
    await rate_limit(
        chat,
        f"settings:{who.user}",
        SETTINGS_PER_MINUTE,
        SETTINGS_AT_ONCE,
        "You change your settings too often.",
    )
    async with chat.announcer.change(chat.now()) as change:
        before = await users.settings_of(change.conn, who.user)
        after = preferences.changed(before, changes)
        if after != before:
            await users.set_settings(change.conn, who.user, after)
            await change.announce(announcements.settings_changed(who.user, after))
    return after
