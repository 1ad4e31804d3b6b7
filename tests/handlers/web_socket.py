"""A WebSocket client that shows everything: each frame, and how it ended."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from tests.handlers.visitor import Answer, Visitor
from tornchat.wire import frames
from tornchat.wire.frames import Decoder, Message, Opcode

MASK = b"\x12\x34\x56\x78"
KEY = base64.b64encode(os.urandom(16)).decode()
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


async def shake(visitor: Visitor, **headers: str) -> Answer:
    """A handshake that is expected to be refused; ``headers`` stand for others, "" for none."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return await visitor.get("/api/events/socket", headers={**HANDSHAKE, **changed})


class Socket:
    """``/api/events/socket``, read event by event."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.closed_with: tuple[int | None, str] | None = None
        """Code and reason of the server's close frame."""
        self.others: list[Message] = []
        """What came besides events and the close."""
        self._reader, self._writer = reader, writer
        self._decoder = Decoder(masked=False, limit=10_000_000)
        self._events: deque[dict[str, Any]] = deque()

    @classmethod
    async def open(
        cls, visitor: Visitor, query: str = "", headers: str = "", *, small: bool = False
    ) -> Socket:
        """``small``: the kernel takes little of what is sent before it is read."""
        place = urlsplit(visitor.url)
        sock = socket.socket()
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (place.hostname, place.port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=8192)
        shown = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
        writer.write(
            f"GET /api/events/socket{query} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Cookie: {visitor.cookie}\r\n{shown}{headers}\r\n".encode()
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        assert head.startswith(b"HTTP/1.1 101 "), head
        return cls(reader, writer)

    async def next(self) -> dict[str, Any]:
        """The next event that is no beat and not about who is there; ``{"kind": "end"}`` where the
        connection has ended."""
        while (event := await self._any())["kind"] in ("beat", "presence"):
            pass
        return event

    async def _any(self) -> dict[str, Any]:
        while not self._events:
            chunk = await asyncio.wait_for(self._reader.read(65_536), 60)
            if not chunk:
                return {"kind": "end"}
            for message in self._decoder.feed(chunk):
                if message.opcode is Opcode.TEXT:
                    self._events.append(json.loads(message.payload))
                elif message.opcode is Opcode.CLOSE:
                    code = frames.close_code(message.payload)
                    self.closed_with = (code, message.payload[2:].decode())
                else:
                    self.others.append(message)
        return self._events.popleft()

    async def until(self, *kinds: str) -> tuple[dict[str, Any], list[str]]:
        """The next event of one of these kinds, and the kinds of those before it."""
        before: list[str] = []
        while True:
            event = await self._any()
            if event["kind"] in kinds:
                return event, before
            assert event["kind"] != "end", f"it ended after {before}"
            if event["kind"] != "presence":
                before.append(event["kind"])

    def say(self, opcode: Opcode, payload: bytes = b"") -> None:
        self._writer.write(frames.encode(opcode, payload, MASK))

    def close(self) -> None:
        """Drop the line."""
        self._writer.close()
