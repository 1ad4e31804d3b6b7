"""Events as JSON for browsers and other clients, the same in every transport."""

from __future__ import annotations

import json
from typing import Any

from tornchat.domain.events import Event


def to_json(value: Any) -> bytes:
    """Compact UTF-8 JSON on one line: JSON escapes every line break inside strings."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def event_object(event: Event) -> dict[str, Any]:
    """``{"id", "prev", "topic", "kind", "at", ...}``; ephemeral events have no id and no prev."""
    head: dict[str, Any] = {"id": event.id, "prev": event.prev} if event.id else {}
    return {**head, "topic": event.topic, **event.fields}
