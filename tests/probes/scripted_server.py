"""A server that answers the n-th request with the n-th answer of a script, and notes what came."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from probes.exchange import Base

from tests.redis_server import until
from tornchat.wire.websocket import head

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
SWITCH = b"SWITCH"
"""In a script: the answer to a handshake, whatever its key."""


def answer(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


def hello(cursor: int, heartbeat: float = 25, reset: str = "false") -> bytes:
    """The first event of a stream over SSE."""
    shown = "null" if reset == "true" else str(cursor)
    return event(
        "hello",
        f'{{"cursor":{shown},"reset":{reset},"heartbeat":{heartbeat},"worker":"here:1"}}',
        None if reset == "true" else cursor,
    )


def event(kind: str, data: str, id: int | None = None) -> bytes:
    """An event over SSE."""
    position = "" if id is None else f"id: {id}\n"
    return f"{position}event: {kind}\ndata: {data}\n\n".encode()


def message(id: int, prev: int = 0) -> bytes:
    """A message over SSE."""
    return event("message", message_json(id, prev), id)


def message_json(id: int, prev: int = 0) -> str:
    """A message as it stands in JSON."""
    return f'{{"id":{id},"prev":{prev},"topic":"room:r","kind":"message","room":"r","body":"b"}}'


@dataclass
class Request:
    """``at`` is on the loop's clock; ``sent`` grows by what the client sends afterwards."""

    path: str
    headers: dict[str, str]
    at: float
    sent: bytearray = field(default_factory=bytearray)


@dataclass
class ScriptedServer:
    """``stay``: numbers of answers after which the connection stays open."""

    script: Sequence[bytes]
    stay: Sequence[int] = ()
    requests: list[Request] = field(default_factory=list)
    base: Base = field(default_factory=lambda: Base("127.0.0.1", 0))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[ScriptedServer]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.base = Base("127.0.0.1", server.sockets[0].getsockname()[1])
        async with server:
            yield self

    async def until(self, count: int) -> None:
        """Wait until so many requests have come."""
        await until(lambda: len(self.requests) >= count, f"request {count}")

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = raw.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        number = len(self.requests)
        request = Request(first.split(" ")[1], headers, asyncio.get_running_loop().time())
        self.requests.append(request)
        # One that has nothing more to say says nothing, and keeps the line.
        last = number >= len(self.script)
        said = b"" if last else self.script[number]
        if said.startswith(SWITCH):
            key = re.search(r"Sec-WebSocket-Key: (\S+)", raw)
            assert key
            said = head(key[1]) + said.removeprefix(SWITCH)
        writer.write(said)
        while (last or number in self.stay) and (data := await reader.read(4096)):
            request.sent += data
        writer.close()
