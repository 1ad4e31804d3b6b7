"""Changes by one person, and rate limits of what is not a message: those of messages are part of
the append."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tornchat.archive import users
from tornchat.archive.announcer import Change
from tornchat.chat.context import Chat, Identity
from tornchat.domain import permissions
from tornchat.domain.errors import TooMany, Unauthenticated
from tornchat.log import append

CHANGES_PER_MINUTE = 300
CHANGES_AT_ONCE = 100


async def rate_limit(chat: Chat, what: str, per_minute: float, burst: int, detail: str) -> None:
    """Count one call of the kind ``what``. Raises `TooMany` with ``detail`` above the limit."""
    wait = await append.wait_of_limit(chat.client, what, per_minute, burst)
    if wait > 0:
        raise TooMany(detail, retry_after=wait)


@asynccontextmanager
async def change_by(chat: Chat, who: Identity) -> AsyncIterator[Change]:
    """A change by one person, who may not keep the one writer of the database for themselves.

    What an administrator does stands only where they still are one, once it is their turn. Raises
    `Forbidden`, `Unauthenticated`, `TooMany`.
    """
    if chat.post_rate:
        await rate_limit(
            chat,
            f"change:{who.user}",
            CHANGES_PER_MINUTE,
            CHANGES_AT_ONCE,
            "You change things too fast.",
        )
    async with chat.announcer.change(chat.now()) as change:
        if who.role == permissions.ADMIN:
            now = await users.by_id(change.conn, who.user)
            if now is None or now.disabled:
                raise Unauthenticated()
            permissions.may_administer(now.role)
        yield change


@asynccontextmanager
async def change_by_admin(chat: Chat, who: Identity) -> AsyncIterator[Change]:
    """A change that is an administrator's alone. Raises as `change_by`."""
    permissions.may_administer(who.role)
    async with change_by(chat, who) as change:
        yield change
