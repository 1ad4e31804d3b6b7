"""Events as JSON for browsers and other clients, the same in every transport."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tornchat.domain.events import PROBE, Event
from tornchat.wire import stamps

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_json(value: Any) -> bytes:
    """Compact UTF-8 JSON on one line: JSON escapes every line break inside strings."""
    return _encode(value).encode()


def event_object(event: Event) -> dict[str, Any]:
    """``{"id", "prev", "topic", "kind", "at", ...}``; ephemeral events have no id and no prev."""
    head: dict[str, Any] = {"id": event.id, "prev": event.prev} if event.id else {}
    return {**head, "topic": event.topic, **stamps.framed(event.fields)}


def event_json(event: Event) -> bytes:
    """`event_object` as JSON, encoded once and kept in it for all polls of this worker; a probe for
    each by itself, since it says when that was."""
    if event.plain is None:
        data = to_json(event_object(event))
        if event.kind == PROBE:
            return data
        event.plain = data
    return event.plain


def poll_answer(cursor: int | None, events: Iterable[bytes]) -> bytes:
    """``{"cursor", "reset", "events"}`` of events as JSON; ``cursor`` None is a reset."""
    parts = (to_json(cursor), to_json(cursor is None), b",".join(events))
    return b'{"cursor":%b,"reset":%b,"events":[%b]}' % parts
