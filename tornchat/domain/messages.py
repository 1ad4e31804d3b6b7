"""A message as people see it, whether it comes from the log or from the archive."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """``at`` and ``edited`` are unix milliseconds; ``version`` is the id of the last event folded
    in. ``reply_author`` wrote the message that this one answers. ``deleted_by``: who has deleted
    it, where that was not its author. ``reactions``: emoji -> ids of users, in the order of their
    coming; None where there are none. ``pinned``: ``by`` whom and ``at`` which time (unix ms);
    None where it is not."""

    id: int
    at: int
    room: str
    author: str
    body: str
    html: str
    nonce: str | None = None
    reply_to: int | None = None
    reply_author: str | None = None
    edited: int | None = None
    deleted: bool = False
    version: int = 0
    deleted_by: str | None = None
    reactions: dict[str, list[str]] | None = None
    pinned: dict[str, Any] | None = None

    def public(self) -> dict[str, Any]:
        """The JSON object of ``docs/protocol.md``, "Message": optional members only where they
        say something."""
        out: dict[str, Any] = {
            "id": self.id,
            "at": self.at,
            "room": self.room,
            "author": self.author,
            "body": self.body,
            "html": self.html,
        }
        for name in (
            "nonce", "reply_to", "reply_author", "edited", "deleted_by", "reactions", "pinned",
        ):  # fmt: skip
            value = getattr(self, name)
            if value is not None:
                out[name] = value
        if self.deleted:
            out["deleted"] = True
        if self.version > self.id:
            out["version"] = self.version
        return out


def message_of(id: int, event: Mapping[str, Any]) -> Message:
    """The message that a logged ``message`` event creates."""
    return Message(
        id=id,
        at=event["at"],
        room=event["room"],
        author=event["author"],
        body=event["body"],
        html=event["html"],
        nonce=event.get("nonce"),
        reply_to=event.get("reply_to"),
        reply_author=event.get("reply_author"),
        version=id,
    )


def digest_of(body: str, reply_to: int | None) -> str:
    """Tells whether the same nonce comes with the same content."""
    return hashlib.sha256(f"{reply_to}:{body}".encode()).hexdigest()[:32]
