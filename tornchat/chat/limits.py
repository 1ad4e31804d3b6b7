"""Rate limits of what is not a message: those of messages are part of the append."""

from __future__ import annotations

from tornchat.chat.context import Chat
from tornchat.domain.errors import TooMany
from tornchat.log import append


async def rate_limit(chat: Chat, what: str, per_minute: float, burst: int, detail: str) -> None:
    """Count one call of the kind ``what``. Raises `TooMany` with ``detail`` above the limit."""
    wait = await append.wait_of_limit(chat.client, what, per_minute, burst)
    if wait > 0:
        raise TooMany(detail, retry_after=wait)
