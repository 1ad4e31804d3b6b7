"""The HTTP server of a worker: its time-outs, how many connections it holds, and how it lets go.

A connection is *idle* between two requests and *busy* from the head of a request to the end of its
answer. A stream takes its socket away and is not counted here any more.

How long a request may take to arrive is looked at once a second for all connections. Tornado would
set two timers for each request, and run the reading of its body as a task of its own.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from tornado import httputil
from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream, StreamClosedError

from tornchat.accepting import Arrival
from tornchat.domain.errors import Busy
from tornchat.wire.browser import to_json

IDLE_SECONDS = 75.0
"""A connection may wait so long for the whole head of its next request, whether it is idle or its
bytes come one by one. Longer than proxies keep theirs: the side that waits for the answer should be
the one that closes."""
BODY_SECONDS = 20.0
"""For each `BODY_STEP` of a body, which a file has many of."""
BODY_STEP = 64 * 1024
MOST_HEADER_BYTES = 16 * 1024
MOST_BODY_BYTES = 2 * 1024 * 1024
REFUSAL_SECONDS = 2.0
QUIET_SECONDS = 1.0
"""A connection that is idle for so long is not about to be used, and may be closed."""

_LOOK_SECONDS = 1.0
_DRAIN_LOOK_SECONDS = 0.1
_REFUSED_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Room:
    """What the process may hold: ``streams``, and streams and ``connections`` together."""

    streams: int
    connections: int

    @classmethod
    def of_process(cls) -> Room:
        """From the limit of descriptors. A twentieth is kept for connections that are no streams,
        and as much for Redis, the database and files."""
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most == resource.RLIM_INFINITY:
            return cls(0, 0)
        reserve = max(64, most // 20)
        return cls(max(1, most - 2 * reserve), max(2, most - reserve))


class Server(HTTPServer):
    """Holds at most ``most`` connections (0: no limit), together with ``others()``.

    A new one that is too many takes the place of one that is idle, or else is refused.
    """

    def initialize(  # type: ignore[override]
        self,
        application: httputil.HTTPServerConnectionDelegate,
        *,
        most: int = 0,
        others: Callable[[], int] = int,
    ) -> None:
        super().initialize(
            application,
            max_header_size=MOST_HEADER_BYTES,
            max_body_size=MOST_BODY_BYTES,
            max_buffer_size=MOST_BODY_BYTES + MOST_HEADER_BYTES,
        )
        self.conn_params.header_timeout = None
        self._most = most
        self._others = others
        self._coming = 0
        """Accepted, and not asked for a request yet: that is done in the next turn of the loop."""
        self._open: set[object] = set()
        self._idle: dict[object, tuple[float, httputil.HTTPConnection]] = {}
        """Since when, the longest first, and what closes it."""
        self._sending: dict[object, tuple[float, httputil.HTTPConnection]] = {}
        """The same of those that have sent the head of a request, and not all of its body."""
        self._looking: asyncio.TimerHandle | None = None
        self._refusals: set[asyncio.Task[None]] = set()

    async def drain(self) -> None:
        """Let the clients go, after the listening sockets were closed; done when all have gone.

        Every answer says that the connection is closed after it, and idle connections are closed.
        """
        self.conn_params.no_keep_alive = True
        while self._open or self._coming:
            while self._close_an_idle_one():
                pass
            await asyncio.sleep(_DRAIN_LOOK_SECONDS)

    def has_room(self) -> bool:
        """Whether there may be one more connection without another being closed."""
        return not self._most or len(self._open) + self._coming + self._others() < self._most

    def serve(self, arrival: Arrival) -> None:
        """Read requests from a connection and answer them."""
        self.handle_stream(_Connection(arrival, self), arrival.address)

    # -- called by Tornado

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        if self.has_room() or self._close_an_idle_one():
            self._coming += 1
            super().handle_stream(stream, address)
        elif len(self._refusals) < _REFUSED_AT_ONCE:
            # Taken and let go: left in the backlog it would make the loop spin.
            refusal = asyncio.ensure_future(_refuse(stream))
            self._refusals.add(refusal)
            refusal.add_done_callback(self._refusals.discard)
        else:
            stream.close()

    def start_request(
        self, server_conn: object, request_conn: httputil.HTTPConnection
    ) -> httputil.HTTPMessageDelegate:
        if server_conn not in self._open:
            self._coming -= 1
            self._open.add(server_conn)
        self._idle[server_conn] = (_now(), request_conn)
        if self._looking is None:
            self._look_later()
        return _Request(super().start_request(server_conn, request_conn), self, server_conn)

    def on_close(self, server_conn: object) -> None:
        self._open.discard(server_conn)
        self._idle.pop(server_conn, None)
        self._sending.pop(server_conn, None)
        super().on_close(server_conn)

    # -- called by what holds a request

    def head_received(self, server_conn: object) -> None:
        idle = self._idle.pop(server_conn, None)
        if idle is not None:
            self._sending[server_conn] = (_now(), idle[1])

    def body_grew(self, server_conn: object) -> None:
        """Another `BODY_STEP` has come: the next one has its own time."""
        sending = self._sending.pop(server_conn, None)
        if sending is not None:
            self._sending[server_conn] = (_now(), sending[1])

    def body_received(self, server_conn: object) -> None:
        self._sending.pop(server_conn, None)

    # -- inside

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """Close the connections on which a request takes too long to arrive."""
        self._looking = None
        for waiting, seconds in ((self._idle, IDLE_SECONDS), (self._sending, BODY_SECONDS)):
            while waiting:
                connection, (since, line) = next(iter(waiting.items()))
                if since > _now() - seconds:
                    break
                del waiting[connection]
                cast(HTTP1Connection, line).close()
        if self._idle or self._sending:
            self._look_later()

    def _close_an_idle_one(self) -> bool:
        """Close the connection that is idle for the longest; False where all were just used."""
        for connection, (since, line) in self._idle.items():
            if since > _now() - QUIET_SECONDS:
                return False
            del self._idle[connection]
            self._open.discard(connection)
            cast(HTTP1Connection, line).close()
            return True
        return False


class _Connection(IOStream):
    """A connection of the HTTP server that says when it is closed. What was read of it before is
    read again."""

    def __init__(self, arrival: Arrival, server: HTTPServer) -> None:
        self._arrival = arrival
        super().__init__(
            arrival.socket,
            max_buffer_size=server.max_buffer_size,
            read_chunk_size=server.read_chunk_size,
        )
        super().set_nodelay(True)

    def set_nodelay(self, value: bool) -> None:
        """It is on from the start: Tornado would switch it off and on again with each request."""

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        unread = self._arrival.unread
        if not unread:
            return super().read_from_fd(buf)
        part, self._arrival.unread = unread[: len(buf)], unread[len(buf) :]
        buf[: len(part)] = part
        return len(part)

    def close_fd(self) -> None:
        super().close_fd()
        self._arrival.over()


class _Request(httputil.HTTPMessageDelegate):
    """Tells the server how far a request has come."""

    __slots__ = ("_delegate", "_server", "_server_conn", "_step")

    def __init__(
        self, delegate: httputil.HTTPMessageDelegate, server: Server, server_conn: object
    ) -> None:
        self._delegate = delegate
        self._server = server
        self._server_conn = server_conn
        self._step = 0

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> Awaitable[None] | None:
        self._server.head_received(self._server_conn)
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._step += len(chunk)
        if self._step >= BODY_STEP:
            self._step = 0
            self._server.body_grew(self._server_conn)
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        self._server.body_received(self._server_conn)
        self._delegate.finish()

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()


async def _refuse(stream: IOStream) -> None:
    """Answer the first request, whatever it is, and close: unread bytes would reset the line."""
    problem = Busy()
    body = to_json(problem.problem())
    head = (
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Content-Type: application/problem+json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nRetry-After: {problem.retry_after or 1:.0f}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            await stream.read_until(b"\r\n\r\n", max_bytes=MOST_HEADER_BYTES)
            await stream.write(head.encode() + body)
    except (TimeoutError, StreamClosedError):
        pass
    finally:
        stream.close()


def _now() -> float:
    return asyncio.get_running_loop().time()
