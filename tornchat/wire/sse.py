"""Server-Sent Events: an encoder for what we send, and an incremental decoder.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html. Text of users only ever
stands inside ``data``, as one line of JSON; names of events are fixed and ids are ours, so nothing
that a user writes can end a line and forge an event.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tornchat.domain.events import Event
from tornchat.wire.browser import event_object, to_json

TRANSPORT = "sse"

HEADERS = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\n"
    b"X-Accel-Buffering: no\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"Cross-Origin-Resource-Policy: same-origin\r\n"
    b"Referrer-Policy: same-origin\r\n"
    b"Connection: close\r\n"
    b"\r\n"
)
"""The head of a stream. No transfer coding: its end is the end of the connection, so one encoding
serves HTTP/1.0 and 1.1 proxies alike."""

_NAME = re.compile(r"[a-z]+(\.[a-z]+)*\Z")


def encode(kind: str, data: Any, id: int | None = None) -> bytes:
    """One event, ready for the socket. ``kind`` is a fixed name of ours."""
    if not _NAME.match(kind):
        raise ValueError(f"{kind!r} is not the name of an event")
    position = b"id: %d\n" % id if id is not None else b""
    return b"%bevent: %b\ndata: %b\n\n" % (position, kind.encode(), to_json(data))


def encode_event(event: Event) -> bytes:
    """A topic's event, encoded once and kept in it for all readers of this worker."""
    if event.encoded is None:
        event.encoded = encode(event.kind, event_object(event), event.id or None)
    return event.encoded


def last(kind: str, data: dict[str, Any]) -> bytes:
    """An event that ends the stream: the end itself is that of the connection."""
    return encode(kind, data)


def dialogue() -> None:
    """A client has nothing to say on a stream of events."""


@dataclass(frozen=True, slots=True)
class Received:
    """One event as a client sees it; ``id`` is the last id of the stream, "" before the first."""

    kind: str
    data: str
    id: str


class Decoder:
    """Bytes in, events out, as a browser's EventSource would dispatch them."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self._id = last_id
        self.retry: int | None = None
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""
        self._at_start = True
        self._after_cr = False
        self._kind = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> Iterator[Received]:
        """The events that ``data`` completes. Takes chunks cut anywhere, inside characters too."""
        text = self._utf8.decode(data)
        if self._at_start and text:
            text = text.removeprefix("\ufeff")
            self._at_start = False
        if self._after_cr and text:
            text = text.removeprefix("\n")
            self._after_cr = False
        if text.endswith("\r"):
            self._after_cr = True
        *lines, rest = re.split("\r\n|\r|\n", text)
        for line in lines:
            whole, self._line = self._line + line, ""
            received = self._take(whole)
            if received:
                yield received
        self._line += rest

    def _take(self, line: str) -> Received | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._kind = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)
        return None

    def _dispatch(self) -> Received | None:
        data, kind = self._data, self._kind
        self._data, self._kind = [], ""
        self.last_id = self._id
        if not data:
            return None
        return Received(kind or "message", "\n".join(data), self.last_id)
