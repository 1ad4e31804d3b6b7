"""HTTP/1.1 as a client speaks it, small enough that one process can hold thousands of streams.

A `Connection` carries one exchange at a time and hands the body on as it comes; whoever asked
implements `Asker`. There is no task and no queue per connection.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import urlsplit

_MOST_HEAD = 65_536
# Closing sends RST at once: the other side sees a broken line, not an orderly end.
_ABORT = struct.pack("ii", 1, 0)
_WITHOUT_BODY = (204, 304)
SWITCHING = 101


class BadAnswer(Exception):
    """What came is not HTTP as we know it."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where a server listens, out of ``http://HOST:PORT``. ``host`` is a numeric address."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Base:
        parts = urlsplit(url)
        return cls(parts.hostname or "127.0.0.1", parts.port or 80)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer; names are in lower case."""

    status: int
    headers: Mapping[str, str]

    @property
    def retry_after(self) -> float | None:
        """Seconds, where the server named them."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.replace(".", "", 1).isdigit() else None

    @property
    def says_close(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.headers.get("connection", "").lower() == "close"


class Asker(Protocol):
    """Who sent a request. ``on_end`` is called once: "" for a whole answer, else what broke."""

    def on_head(self, head: Head) -> None: ...

    def on_body(self, data: bytes) -> None: ...

    def on_end(self, why: str) -> None: ...


def signed(credential: str) -> dict[str, str]:
    """The header that says who asks; ``credential`` is a cookie or ``Bearer TOKEN``."""
    name = "Authorization" if credential.startswith("Bearer ") else "Cookie"
    return {name: credential} if credential else {}


def request(
    base: Base, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> bytes:
    """One request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {base}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Answer:
    """Takes an answer apart as its bytes come."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self.complete = False
        self._raw = b""
        self._left: int | None = None
        """Bytes of the body, or of its chunk, that are still to come; None: up to the end."""
        self._chunked = False

    def feed(self, data: bytes) -> bytes:
        """What ``data`` brings of the body. Raises `BadAnswer`."""
        if self.head is None:
            self._raw += data
            head, found, data = self._raw.partition(b"\r\n\r\n")
            if not found:
                if len(self._raw) > _MOST_HEAD:
                    raise BadAnswer("a head without an end")
                return b""
            self._raw = b""
            self._begin(head)
        if self._chunked:
            return self._chunks(data)
        if self._left is None:
            return data
        body = data[: self._left]
        self._left -= len(body)
        self.complete = self._left == 0
        return body

    @property
    def until_close(self) -> bool:
        """Whether the end of the connection is the end of the body."""
        return self.head is not None and self._left is None and not self._chunked

    def _begin(self, raw: bytes) -> None:
        status, *lines = raw.decode("latin-1").split("\r\n")
        words = status.split(" ", 2)
        if not words[0].startswith("HTTP/1.") or len(words) < 2 or not words[1].isdigit():
            raise BadAnswer(f"not an answer: {status[:60]!r}")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        head = self.head = Head(int(words[1]), headers)
        if head.status in _WITHOUT_BODY:
            self._left = 0
        elif head.status != SWITCHING:
            self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"
            length = headers.get("content-length")
            self._left = int(length) if length and not self._chunked else None
        self.complete = self._left == 0

    def _chunks(self, data: bytes) -> bytes:
        self._raw += data
        body = []
        while not self.complete:
            if self._left is None:
                size, found, rest = self._raw.partition(b"\r\n")
                if not found:
                    break
                self._left, self._raw = int(size.partition(b";")[0], 16), rest
            if len(self._raw) < self._left + 2:
                break
            body.append(self._raw[: self._left])
            self._raw = self._raw[self._left + 2 :]
            self.complete = self._left == 0
            self._left = None
        return b"".join(body)


# One for all connections: it is read into and taken from within one call of the loop.
_BUFFER = memoryview(bytearray(65_536))


class Connection(asyncio.BufferedProtocol):
    """One TCP connection to a server. Made by `connect`."""

    def __init__(self) -> None:
        self.closed = False
        self.piece = len(_BUFFER)
        """The most bytes that are taken from the socket at once."""
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._asker: Asker | None = None

    @property
    def idle(self) -> bool:
        """Whether another request may be sent."""
        return not self.closed and self._asker is None

    def ask(self, asker: Asker, request: bytes) -> None:
        """Send a request; ``asker`` gets the answer. One at a time."""
        assert self._transport is not None
        assert self._asker is None
        self._asker, self._answer = asker, Answer()
        if self.closed:
            self._over("the connection was closed")
        else:
            self._transport.write(request)

    def write(self, data: bytes) -> None:
        """More bytes after the request (WebSocket)."""
        if self._transport is not None and not self.closed:
            self._transport.write(data)

    def hold(self) -> None:
        """Take nothing more from the socket, so that the server sees a client that does not
        read."""
        if self._transport is not None and not self.closed:
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Take from the socket again."""
        if self._transport is not None and not self.closed:
            self._transport.resume_reading()

    def cut(self) -> None:
        """Break the line, as a network does."""
        if self._transport is not None and not self.closed:
            sock = self._transport.get_extra_info("socket")
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            self.close("cut by the client")

    def close(self, why: str = "closed by the client") -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()
        self.closed = True
        self._over(why)

    # -- asyncio.BufferedProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _BUFFER[: self.piece]

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(_BUFFER[:nbytes])
        answer, asker = self._answer, self._asker
        if answer is None or asker is None:
            self.close("bytes that nobody asked for")
            return
        had_head = answer.head is not None
        try:
            body = answer.feed(data)
            if not had_head and answer.head is not None:
                asker.on_head(answer.head)
            if body:
                asker.on_body(body)
        except (BadAnswer, ValueError) as wrong:
            self.close(f"unreadable: {wrong}")
            return
        if answer.complete:
            if answer.head is not None and answer.head.says_close and self._transport is not None:
                self.closed = True
                self._transport.abort()
            self._over("")

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        answer = self._answer
        whole = error is None and answer is not None and answer.until_close
        self._over("" if whole else str(error or "the server closed the connection"))

    def _over(self, why: str) -> None:
        asker, self._asker, self._answer = self._asker, None, None
        if asker is not None:
            asker.on_end(why)


async def connect(base: Base, seconds: float = 5.0, receive_buffer: int = 0) -> Connection:
    """A new connection. ``receive_buffer`` in bytes, 0 for the system's. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    sock = socket.socket(socket.AF_INET6 if ":" in base.host else socket.AF_INET)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        async with asyncio.timeout(seconds):
            await loop.sock_connect(sock, (base.host, base.port))
        _, connection = await loop.create_connection(Connection, sock=sock)
    except BaseException as wrong:
        sock.close()
        if isinstance(wrong, TimeoutError):
            raise OSError("no connection in time") from None
        raise
    return connection
