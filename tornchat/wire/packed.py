"""Events as msgpack on the Redis wire.

A channel carries a *frame* ``[id, prev, event]``; a stream entry keeps the event alone. The event's
time comes from Redis' clock inside the script, so it is sent *open*: packed with ``at`` last, less
the eight bytes of its value, which ``log/lua/stamp.lua`` appends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack

from tornchat.domain.events import Event

_TIME = 2**63
_TIME_BYTES = 8


def open_event(fields: Mapping[str, Any]) -> bytes:
    """The packed event without the bytes of its time. ``fields`` must not have ``at``."""
    packed: bytes = msgpack.packb({**fields, "at": _TIME})
    return packed[:-_TIME_BYTES]


def event_of(data: bytes) -> dict[str, Any]:
    """The fields of a packed event."""
    fields: dict[str, Any] = msgpack.unpackb(data)
    return fields


def frame(fields: Mapping[str, Any]) -> bytes:
    """An ephemeral event as it is published: id and prev are 0. ``fields`` must have ``at``."""
    packed: bytes = msgpack.packb([0, 0, dict(fields)])
    return packed


def event_of_frame(topic: str, data: bytes) -> Event:
    """The event that came on the channel of ``topic``."""
    id, prev, fields = msgpack.unpackb(data)
    return Event(id, prev, topic, fields)


def unpack(data: bytes) -> Any:
    """Any other msgpack value on a channel (the pulse)."""
    return msgpack.unpackb(data)
