"""What the log knows of files before SQL does: which message has one."""

from __future__ import annotations

from tornchat.log.append import FILE_SECONDS
from tornchat.log.client import Client

REMOVED = "removed"


async def message_with(client: Client, id: str) -> tuple[int, str] | None:
    """Message and room that a file was sent to lately; None where there is none."""
    value = await client.call("GET", client.keys.file(id))
    message, _, room = (value or b"").decode().partition(":")
    return (int(message), room) if room else None


async def is_deleted(client: Client, message: int) -> bool:
    """Whether a message was deleted lately: the archive may not know of it yet."""
    state = await client.call("GET", client.keys.state(message))
    return state is not None and state.endswith(b":deleted")


async def claim(client: Client, ids: list[str]) -> list[str]:
    """Those of ``ids`` that no message has; from now on none can get them."""
    keys = client.keys
    replies = await client.calls(
        [("SET", keys.file(id), REMOVED, "NX", "EX", FILE_SECONDS) for id in ids]
    )
    return [id for id, reply in zip(ids, replies, strict=True) if reply is not None]
