"""WebSocket frames as a client sends and reads them (RFC 6455), without extensions."""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_CONTINUATION = 0x0
_FINAL, _MASKED, _RESERVED = 0x80, 0x80, 0x70
_MOST = 16 * 1024 * 1024


class BadFrame(ValueError):
    """The server broke the framing."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole message, or a control frame."""

    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        """Of a close frame; 1005 where it names none."""
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else 1005


def handshake() -> dict[str, str]:
    """The headers of a request to switch."""
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }


def encode(opcode: int, payload: bytes = b"") -> bytes:
    """One frame, masked as a client must."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", _FINAL | opcode, _MASKED | size)
    elif size < 65_536:
        head = struct.pack("!BBH", _FINAL | opcode, _MASKED | 126, size)
    else:
        head = struct.pack("!BBQ", _FINAL | opcode, _MASKED | 127, size)
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))


class FrameReader:
    """Bytes in, messages out."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._opcode = 0
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The messages and control frames that ``data`` completes. Raises `BadFrame`."""
        self._raw += data
        while (found := self._next()) is not None:
            opcode, final, payload = found
            if opcode >= CLOSE:
                yield Frame(opcode, payload)
                continue
            if (opcode == _CONTINUATION) != bool(self._opcode):
                raise BadFrame("a message in the middle of another, or its rest without it")
            self._opcode = self._opcode or opcode
            self._parts.append(payload)
            if final:
                whole = Frame(self._opcode, b"".join(self._parts))
                self._opcode, self._parts = 0, []
                yield whole

    def _next(self) -> tuple[int, bool, bytes] | None:
        raw = self._raw
        if len(raw) < 2:
            return None
        if raw[0] & _RESERVED or raw[1] & _MASKED:
            raise BadFrame("reserved bits, or a mask from the server")
        size, start = raw[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(raw) < start:
                return None
            size = int.from_bytes(raw[2:start], "big")
        if size > _MOST:
            raise BadFrame(f"a frame of {size} bytes")
        if len(raw) < start + size:
            return None
        payload = bytes(raw[start : start + size])
        first = raw[0]
        del raw[: start + size]
        return first & 0x0F, bool(first & _FINAL), payload
