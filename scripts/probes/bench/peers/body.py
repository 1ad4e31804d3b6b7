"""How much a peer delivers for a message of the benchmark.

Each peer is there twice: with a body as long as the JSON that Tornchat delivers for the same text,
and, as ``NAME-bare``, with nothing but the text, so that nobody can say that it was made to send
more than it must.
"""

from __future__ import annotations

from enum import StrEnum

from probes.bench.target import Shape, text_of
from tornchat.domain.events import Event, message
from tornchat.wire.browser import event_json

_ID = 1_838_500_301_662_215
_AT = 1_795_410_450_842
_ROOM = "room567890"
_AUTHOR = "user567890"
_NONCE = "n123456789"


class Body(StrEnum):
    """``SAME``: as many bytes as the JSON of Tornchat's event for this text (with the text's HTML,
    room, author, ids and time); ``BARE``: the text alone."""

    SAME = "same"
    BARE = "bare"

    def size(self, shape: Shape) -> int:
        """Bytes of each body."""
        return shape.size if self is Body.BARE else len(_event(shape.size))


def _event(size: int) -> bytes:
    """What Tornchat delivers for a text of so many bytes, with ids of their usual lengths."""
    text = text_of(0, size).decode()
    fields = message(_ROOM, _AUTHOR, text, f'<p dir="auto">{text}</p>\n', _NONCE, None)
    return event_json(Event(_ID, _ID - 1, f"room:{_ROOM}", {**fields, "at": _AT}))
