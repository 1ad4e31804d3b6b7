"""WebSocket as a transport of events: the handshake, an event per text frame, what clients say.

Every frame is the JSON object of one event, with its ``kind``: also those of the stream itself,
which Server-Sent Events name outside of the data. Clients have nothing to tell on a stream; they
are answered as https://www.rfc-editor.org/rfc/rfc6455 demands, and bounded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from tornchat.domain.events import Event
from tornchat.wire import frames
from tornchat.wire.browser import event_json, to_json
from tornchat.wire.frames import Code, FrameError, Opcode

TRANSPORT = "websocket"
VERSION = "13"
TALK_BYTES = 64 * 1024
"""A client may say so much in `TALK_SECONDS`; it is all pings, pongs and what nobody listens to."""
TALK_SECONDS = 10.0

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_OVERHEAD = 14
"""Bytes of the longest head of a frame."""


def is_key(text: str) -> bool:
    """Whether this is a Sec-WebSocket-Key: 16 bytes in base64."""
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def accept_of(key: str) -> str:
    """The Sec-WebSocket-Accept to a Sec-WebSocket-Key."""
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def head(key: str) -> bytes:
    """The answer to a handshake, after which there are only frames."""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n"
        b"\r\n" % accept_of(key).encode()
    )


# -- wire.framing.Framing


def encode(kind: str, data: dict[str, Any], id: int | None = None) -> bytes:
    """One event, ready for the socket."""
    position = {"id": id} if id is not None else {}
    return frames.encode(Opcode.TEXT, to_json({"kind": kind, **position, **data}))


def encode_event(event: Event) -> bytes:
    """A topic's event, encoded once and kept in it for all readers of this worker."""
    if event.framed is None:
        event.framed = frames.encode(Opcode.TEXT, event_json(event))
    return event.framed


def last(kind: str, data: dict[str, Any]) -> bytes:
    """An event that ends the stream, and a close frame that says the same to those who look only
    there: whether to come back, and why."""
    if kind != "bye":
        return encode(kind, data) + frames.encode_close(Code.NORMAL, "reset")
    code = Code.GOING_AWAY if data["retry"] else Code.FINAL
    return encode(kind, data) + frames.encode_close(code, data["code"])


def dialogue() -> Dialogue:
    """A new one for a new stream."""
    return Dialogue()


class Dialogue:
    """Answers a client's frames: a ping with a pong, a close with a close, nonsense with the end.
    Text is passed over."""

    __slots__ = ("_decoder", "_said", "_since", "over")

    def __init__(self) -> None:
        self.over = False
        self._decoder = frames.Decoder(masked=True, limit=TALK_BYTES - _OVERHEAD)
        self._said = 0
        self._since = 0.0

    def hear(self, data: bytes, now: float) -> bytes:
        """What to answer to these bytes, which may be cut anywhere. ``now`` is in seconds."""
        if self.over:
            return b""
        if now - self._since >= TALK_SECONDS:
            self._since, self._said = now, 0
        self._said += len(data)
        answers: list[bytes] = []
        try:
            for message in self._decoder.feed(data):
                if message.opcode is Opcode.CLOSE:
                    answers.append(_close_back(message.payload))
                    self.over = True
                    return b"".join(answers)
                if message.opcode is Opcode.PING:
                    answers.append(frames.encode(Opcode.PONG, message.payload))
            if self._said > TALK_BYTES:
                raise FrameError(Code.TOO_MUCH, "too much is said")
        except FrameError as error:
            self.over = True
            answers.append(frames.encode_close(error.code, str(error)))
        return b"".join(answers)


def _close_back(payload: bytes) -> bytes:
    """The answer to a close: the same, as far as it means anything. Raises `FrameError`."""
    frames.close_code(payload)
    return frames.encode(Opcode.CLOSE, payload)
