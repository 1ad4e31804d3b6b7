"""A page of history: rows of the archive and the tail of the log, as one."""

from __future__ import annotations

from collections.abc import Iterable

from tornchat.domain.events import Event
from tornchat.domain.messages import Message, message_of


def fold(rows: Iterable[Message], tail: Iterable[Event]) -> list[Message]:
    """Rows with what the log has newer, in the order of ids.

    The same message may be in both, since the archive works meanwhile.
    """
    messages = {row.id: row for row in rows}
    for event in tail:
        if event.kind == "message" and event.id not in messages:
            messages[event.id] = message_of(event.id, event.fields)
    return sorted(messages.values(), key=lambda message: message.id)
