"""What a transport makes of events: the framings are the modules `wire.sse` and `wire.websocket`.

Everything else about a stream is the same for all transports: the reader, the order, the limits,
and the outlet that its bytes leave by.
"""

from __future__ import annotations

from typing import Any, Protocol

from tornchat.domain.events import Event


class Dialogue(Protocol):
    """The client's side of one stream, where a framing lets it speak. ``over``: end the stream as
    soon as what was answered has gone out."""

    over: bool

    def hear(self, data: bytes, now: float) -> bytes:
        """What to answer to these bytes, which may be cut anywhere. ``now`` is in seconds."""


class Framing(Protocol):
    """Events as bytes of a stream, each of them whole."""

    TRANSPORT: str
    """Its name in the figures."""

    def encode(self, kind: str, data: dict[str, Any], id: int | None = None) -> bytes:
        """An event of the stream itself. ``kind`` is a fixed name of ours."""

    def encode_event(self, event: Event) -> bytes:
        """A topic's event, encoded once and kept in it for all readers of this worker."""

    def last(self, kind: str, data: dict[str, Any]) -> bytes:
        """An event that ends the stream, and what the transport wants to end."""

    def dialogue(self) -> Dialogue | None:
        """A new one for a new stream; None where clients have nothing to say."""
