"""A message as people see it, whether it comes from the log or from the archive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_OPTIONAL = ("nonce", "reply_to", "reply_author", "edited", "reactions", "pinned", "mentions")


@dataclass(frozen=True, slots=True)
class Message:
    """``at`` and ``edited`` are unix milliseconds; ``version`` is the id of the last event folded
    in. ``reply_author`` wrote the message that this one answers. ``deleted_by``: who has deleted
    it, where that was not its author. ``reactions``: emoji -> ids of users, in the order of their
    coming; None where there are none. ``pinned``: ``by`` whom and ``at`` which time (unix ms);
    None where it is not. ``mentions``: ids of the people it calls, ``here``: whether it calls
    everybody. ``files`` were sent with it; ``previews`` are of what it links to, empty where
    somebody has taken them away."""

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
    mentions: list[str] | None = None
    here: bool = False
    files: list[dict[str, Any]] | None = None
    previews: list[dict[str, Any]] | None = None

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
            "nonce",
            "reply_to",
            "reply_author",
            "edited",
            "deleted_by",
            "reactions",
            "pinned",
            "mentions",
        ):
            value = getattr(self, name)
            if value is not None:
                out[name] = value
        for name in ("files", "previews"):
            if getattr(self, name):
                out[name] = getattr(self, name)
        if self.here:
            out["here"] = True
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
        mentions=event.get("mentions"),
        here=event.get("here", False),
        files=event.get("files"),
        version=id,
    )


def digest_of(
    body: str, reply_to: int | None, files: Iterable[Mapping[str, Any]] | None = None
) -> str:
    """Tells whether the same nonce comes with the same content."""
    with_files = "".join(f":{file['id']}" for file in files or ())
    return hashlib.sha256(f"{reply_to}{with_files}:{body}".encode()).hexdigest()[:32]
