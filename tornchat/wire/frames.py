"""WebSocket frames: an encoder and an incremental decoder, for either side of a connection.

The format: https://www.rfc-editor.org/rfc/rfc6455#section-5. No extensions, so the reserved bits
are errors; what we send is never fragmented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class Code(IntEnum):
    """Why a connection was closed. From 4000 on they are our own."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    NOT_UTF8 = 1007
    TOO_MUCH = 1008
    TOO_BIG = 1009
    FINAL = 4000


CONTROL_BYTES = 125
"""More does not fit into a close, ping or pong."""

_FIN, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F
_MASKED, _LENGTH = 0x80, 0x7F


class FrameError(ValueError):
    """The other side does not speak WebSocket; close with this ``code``."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """A whole text or binary message, or a control frame."""

    opcode: Opcode
    payload: bytes


def encode(opcode: Opcode, payload: bytes, mask: bytes | None = None) -> bytes:
    """One whole frame. A client masks with 4 random bytes, a server never."""
    masked = _MASKED if mask is not None else 0
    size = len(payload)
    if size <= 125:
        head = bytes((_FIN | opcode, masked | size))
    elif size < 1 << 16:
        head = bytes((_FIN | opcode, masked | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FIN | opcode, masked | 127)) + size.to_bytes(8, "big")
    return head + payload if mask is None else head + mask + _mask(payload, mask)


def encode_close(code: int, reason: str = "", mask: bytes | None = None) -> bytes:
    """A close frame; ``reason`` is ASCII, and cut where it is too long."""
    payload = code.to_bytes(2, "big") + reason.encode("ascii")[: CONTROL_BYTES - 2]
    return encode(Opcode.CLOSE, payload, mask)


def close_code(payload: bytes) -> int | None:
    """The code in a close frame, None where it says nothing. Raises `FrameError`."""
    if not payload:
        return None
    code = int.from_bytes(payload[:2], "big")
    usable = 1000 <= code <= 1014 and code not in (1004, 1005, 1006)
    if len(payload) == 1 or not (usable or 3000 <= code <= 4999):
        raise FrameError(Code.PROTOCOL_ERROR, "not a code to close with")
    _demand_utf8(payload[2:])
    return code


class Decoder:
    """Bytes in, messages out. ``masked``: whether the frames of the other side must be (a
    client's), or must not be; ``limit``: the bytes that one message may have."""

    __slots__ = ("_buffer", "_limit", "_masked", "_message", "_opcode")

    def __init__(self, *, masked: bool, limit: int) -> None:
        self._masked = masked
        self._limit = limit
        self._buffer = bytearray()
        self._opcode: Opcode | None = None
        """Of the message that is being sent in fragments."""
        self._message = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """What ``data`` completes. Takes chunks cut anywhere.

        Raises `FrameError`, after which nothing more can be understood.
        """
        self._buffer += data
        while (frame := self._frame()) is not None:
            final, opcode, payload = frame
            if opcode >= Opcode.CLOSE:
                yield Message(opcode, payload)
                continue
            self._opcode = opcode if opcode is not Opcode.CONTINUATION else self._opcode
            self._message += payload
            if final:
                yield self._assembled()

    def _frame(self) -> tuple[bool, Opcode, bytes] | None:
        """Take one frame from the buffer, if it is there."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        final, opcode = self._first_byte(buffer[0])
        if bool(buffer[1] & _MASKED) != self._masked:
            raise FrameError(Code.PROTOCOL_ERROR, "masked by the wrong side")
        size = buffer[1] & _LENGTH
        start = 2
        if opcode >= Opcode.CLOSE and size > CONTROL_BYTES:
            raise FrameError(Code.PROTOCOL_ERROR, "a control frame is too long")
        if size > 125:
            start += 2 if size == 126 else 8
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if opcode < Opcode.CLOSE and len(self._message) + size > self._limit:
            raise FrameError(Code.TOO_BIG, "the message is too big")
        body = start + 4 if self._masked else start
        if len(buffer) < body + size:
            return None
        payload = bytes(buffer[body : body + size])
        if self._masked:
            payload = _mask(payload, bytes(buffer[start:body]))
        del buffer[: body + size]
        return final, opcode, payload

    def _first_byte(self, byte: int) -> tuple[bool, Opcode]:
        final = bool(byte & _FIN)
        try:
            opcode = Opcode(byte & _OPCODE)
        except ValueError:
            raise FrameError(Code.PROTOCOL_ERROR, "an unknown opcode") from None
        if byte & _RESERVED:
            raise FrameError(Code.PROTOCOL_ERROR, "an extension that was not agreed on")
        if opcode >= Opcode.CLOSE and not final:
            raise FrameError(Code.PROTOCOL_ERROR, "a control frame in fragments")
        if opcode < Opcode.CLOSE and (opcode is Opcode.CONTINUATION) != (self._opcode is not None):
            raise FrameError(Code.PROTOCOL_ERROR, "a fragment out of order")
        return final, opcode

    def _assembled(self) -> Message:
        assert self._opcode is not None
        message = Message(self._opcode, bytes(self._message))
        self._opcode, self._message = None, bytearray()
        if message.opcode is Opcode.TEXT:
            _demand_utf8(message.payload)
        return message


def _mask(payload: bytes, mask: bytes) -> bytes:
    """Masking and unmasking are the same."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def _demand_utf8(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        raise FrameError(Code.NOT_UTF8, "text that is not UTF-8") from None
