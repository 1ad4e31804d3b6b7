"""Events: what is said on a topic, and the table of their kinds.

A logged event has an ``id`` and the id of the event before it in its topic, ``prev``. An ephemeral
one has neither (both 0) and is only passed on live. ``fields`` always has ``kind`` and ``at``
(unix milliseconds, from Redis' clock for logged events).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS: dict[str, str] = {
    "message": "somebody wrote in a room",
    "message.edited": "a message says something else now",
    "message.previewed": "what a message links to was looked up, or is shown no longer",
    "message.deleted": "of a message only its place is left",
    "reaction.added": "somebody answered a message with an emoji",
    "reaction.removed": "somebody took that back",
    "message.pinned": "a message is held up to everybody in its room",
    "message.unpinned": "it is no longer",
    "room.created": "a new open room; private ones are told by member.joined alone",
    "room.changed": "a room has another name, another purpose or other rules, or is back",
    "room.archived": "a room can only be read from now on",
    "member.joined": "a person is now a member of a room",
    "member.left": "a person is no longer a member of a room",
    "member.changed": "a member has another role, is muted, or is not any more",
    "person.changed": "a person has another name, picture or status, or their account was closed",
    "read": "my read marker of a room was moved, on this device or another",
    "level": "I have chosen what of a room concerns me",
    "blocked": "I want to hear nothing of somebody",
    "unblocked": "I want to hear of somebody again",
    "settings": "I have chosen how the page looks and works",
    "probe": "a measurement of my own, which only I hear",
}
"""Kinds that are logged and streamed to browsers. A test holds ``docs/protocol.md`` against it."""

EPHEMERAL_KINDS: dict[str, str] = {
    "typing": "somebody is writing in a room",
    "presence": "people with whom I share a room come, are idle, or go",
}
"""Said live and not logged: without an id, and the first to be left out where a client is slow."""

STREAM_KINDS: dict[str, str] = {
    "hello": "the first event of a stream: where it starts, or that it cannot",
    "beat": "the stream is alive; its id is the stream's cursor",
    "move": "this worker is leaving: reconnect after `after_ms`",
    "bye": "the server ends this stream on purpose",
}
"""Events that speak of the stream itself; they belong to no topic."""

PROBE = "probe"
TYPING = "typing"
PRESENCE = "presence"

SESSIONS_ENDED = "sessions.ended"
"""From worker to worker on a user's topic: cut the streams of these sessions. Never streamed."""

PASSED_OVER = "passed.over"
"""From worker to worker on a user's topic: a stream of this session that has ended misses an event
that its cursor is past, and so does the stream that went on from there. Never streamed."""


class Event:
    """One event of one topic.

    ``encoded``, ``framed`` and ``plain`` are what SSE, WebSocket and polls made of it, kept so that
    each worker encodes an event once for all of its readers of one transport.
    """

    __slots__ = ("encoded", "fields", "framed", "id", "plain", "prev", "topic")

    def __init__(self, id: int, prev: int, topic: str, fields: Mapping[str, Any]) -> None:
        self.id = id
        self.prev = prev
        self.topic = topic
        self.fields = fields
        self.encoded: bytes | None = None
        self.framed: bytes | None = None
        self.plain: bytes | None = None

    @property
    def kind(self) -> str:
        kind: str = self.fields["kind"]
        return kind

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} after {self.prev} in {self.topic}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return (self.id, self.prev, self.topic, self.fields) == (
            other.id,
            other.prev,
            other.topic,
            other.fields,
        )

    def __hash__(self) -> int:
        return hash((self.id, self.topic))


def message(
    room: str,
    author: str,
    body: str,
    html: str,
    nonce: str | None,
    reply_to: int | None,
    reply_author: str | None = None,
) -> dict[str, Any]:
    """The fields of a ``message`` event; the message's id is the event's. ``reply_author`` wrote
    the message that this one answers."""
    fields: dict[str, Any] = {
        "kind": "message",
        "room": room,
        "author": author,
        "body": body,
        "html": html,
    }
    if nonce is not None:
        fields["nonce"] = nonce
    if reply_to is not None:
        fields["reply_to"] = reply_to
        fields["reply_author"] = reply_author
    return fields


def probe(received: int, nonce: str | None, pad: int) -> dict[str, Any]:
    """The fields of a ``probe`` event. ``received``: when its request came, unix microseconds;
    ``pad``: characters that make it longer."""
    fields: dict[str, Any] = {"kind": PROBE, "received": received}
    if nonce is not None:
        fields["nonce"] = nonce
    if pad:
        fields["pad"] = "x" * pad
    return fields


def typing(room: str, user: str) -> dict[str, Any]:
    """The fields of a ``typing`` event."""
    return {"kind": TYPING, "room": room, "user": user}


def presence(people: Mapping[str, str], at: int) -> dict[str, Any]:
    """The fields of a ``presence`` event: user -> ``online``, ``idle`` or ``offline``."""
    return {"kind": PRESENCE, "people": dict(people), "at": at}
