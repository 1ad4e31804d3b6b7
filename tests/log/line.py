"""A line to Redis that a test can cut, make deaf, or let lose single messages."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import hiredis

from tornchat.log.address import socket_url

_numbers = itertools.count(1)


class Redis(Protocol):
    """Whatever knows its unix socket."""

    @property
    def socket(self) -> Path: ...


class Line:
    """``lose`` is asked for each reply and message that comes from Redis whether it gets lost."""

    def __init__(self, redis: Redis) -> None:
        self.lose: Callable[[Any], bool] = lambda reply: False
        self.opened = 0
        self.lost: list[Any] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._redis = redis
        self._path = redis.socket.with_name(f"line{next(_numbers)}.sock")
        self._deaf_up_to = 0
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return socket_url(self._path)

    def go_deaf(self) -> None:
        """Swallow all that comes on the connections that are open now; new ones are well."""
        self._deaf_up_to = self.opened

    def hold(self) -> None:
        """Keep back what Redis says, until `let_go`."""
        self._flowing.clear()

    def let_go(self) -> None:
        self._flowing.set()

    def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Line]:
        server = await asyncio.start_unix_server(self._connected, self._path)
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await asyncio.gather(*self._tasks)
            self._path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_redis, to_redis = await asyncio.open_unix_connection(self._redis.socket)
        except OSError:
            writer.transport.abort()
            return

        def over(task: asyncio.Task[None]) -> None:
            writer.transport.abort()
            to_redis.transport.abort()

        self.opened += 1
        self._ends |= {writer, to_redis}
        for carry in (self._carry(reader, to_redis), self._bring(from_redis, writer, self.opened)):
            task = asyncio.ensure_future(carry)
            self._tasks.add(task)
            task.add_done_callback(over)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)

    async def _bring(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, number: int
    ) -> None:
        parser = hiredis.Reader()
        with suppress(OSError):
            while data := await source.read(65_536):
                parser.feed(data)
                await self._flowing.wait()
                while (reply := parser.gets()) is not False:
                    if number <= self._deaf_up_to or self.lose(reply):
                        self.lost.append(reply)
                    else:
                        sink.write(_encoded(reply))


def _encoded(reply: Any) -> bytes:
    """A reply of RESP2 as Redis sends it (a status comes as a string, which nobody minds)."""
    if isinstance(reply, list):
        return b"*%d\r\n%b" % (len(reply), b"".join(map(_encoded, reply)))
    if isinstance(reply, bytes):
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    if isinstance(reply, hiredis.ReplyError):
        return b"-%b\r\n" % str(reply).encode()
    return b"$-1\r\n" if reply is None else b":%d\r\n" % reply
