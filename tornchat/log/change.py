"""Writing to the log what becomes of a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tornchat.domain import changes
from tornchat.domain.announcements import memberships
from tornchat.domain.conduct import conduct
from tornchat.domain.errors import (
    EditConflict,
    NonceReused,
    NotAMember,
    NotFound,
    TooLate,
    TooMany,
)
from tornchat.domain.messages import Message, digest_of
from tornchat.domain.topics import room_topic
from tornchat.log.append import BURST_SECONDS, NONCE_SECONDS, refusal
from tornchat.log.client import Client
from tornchat.wire import packed

STATE_SECONDS = 48 * 3600
"""Long after the archive has taken a change: from then on its row tells."""
_DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Changed:
    """What the message is by now: the id of the last event about it, and when that was (unix ms,
    0 where there was none)."""

    version: int
    at: int


async def append_change(
    client: Client,
    fields: dict[str, Any],
    message: Message,
    by: str,
    rate: float,
    *,
    nonce: str | None = None,
    edited: int | None = None,
    until: int | None = None,
    erases: bool = False,
) -> Changed:
    """Append an event about ``message`` (as the archive or its own event has it).

    Where the message says so already, or is deleted already, nothing is appended. ``edited`` is
    when it must have been edited last (unix ms, 0 for never), ``until`` the unix ms after which it
    is too late. ``erases``: the account of ``by`` is, who need not be in the room by now and
    whom nothing forbids it. Raises `NotAMember` where ``by`` is not, `Archived` and `Muted`
    unless it is deleted, `NotFound` where the message is deleted, `NonceReused`, `EditConflict`,
    `TooLate`, `TooMany`, `LogAway`.
    """
    keys, topic = client.keys, room_topic(message.room)
    known = _DELETED if message.deleted else digest_of(message.body, message.reply_to)
    wanted = _wanted(fields, message)
    reply = await client.script(
        "change",
        [
            keys.run,
            keys.clock,
            keys.heads,
            keys.queue,
            keys.mirror(memberships(by)),
            keys.changed(message.id, nonce or ""),
            keys.rate(f"post:{by}"),
            keys.log(topic),
            keys.state(message.id),
            keys.mirror(conduct(message.room)),
        ],
        [
            topic,
            keys.channel(topic),
            packed.open_event(fields),
            message.room,
            NONCE_SECONDS if nonce else 0,
            wanted,
            1000 / rate if rate else 0,
            max(5, BURST_SECONDS * rate),
            f"{message.version}:{message.edited or 0}:{known}",
            STATE_SECONDS,
            -1 if edited is None else edited,
            until or 0,
            # Whoever is muted, and whatever the room has become, may take their own words away.
            "" if wanted == _DELETED or erases else by,
            "1" if erases else "",
        ],
    )
    match reply:
        case [b"ok" | b"again" | b"same", id, at]:
            return Changed(id, at)
        case [b"gone"]:
            raise NotFound("The message has been deleted.")
        case [b"changed"]:
            raise EditConflict()
        case [b"late"]:
            raise TooLate()
        case [b"conflict"]:
            raise NonceReused()
        case [b"archived" | b"muted" | b"blocked" as why, *wait]:
            raise refusal(why, wait)
        case [b"stranger"]:
            raise NotAMember()
        case [b"slow", wait]:
            raise TooMany("You change messages too fast.", retry_after=wait / 1000)
        case _:
            raise AssertionError(f"change answered {reply!r}")


def _wanted(fields: dict[str, Any], message: Message) -> str:
    """Names what the message will say; empty where the event leaves that as it is."""
    match fields["kind"]:
        case changes.EDITED:
            return digest_of(fields["body"], message.reply_to)
        case changes.DELETED:
            return _DELETED
        case _:
            return ""
