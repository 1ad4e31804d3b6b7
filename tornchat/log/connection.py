"""One connection to Redis: commands out, replies in order, and nothing behind the caller's back.

It never connects again by itself. A client library that does so hides exactly the moments at which
messages get lost: a subscription that was away for a second looks the same as one that was not, and
a script can reach another Redis process than the one that it was fenced for. Here a connection
belongs to one Redis process, whose ``run_id`` it knows, and when it is gone it is gone.

Commands of one turn of the loop leave in one write. Replies are matched first in, first out, so a
caller that is cancelled leaves nothing behind that another caller could take for its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis

from tornchat.domain.errors import LogAway
from tornchat.log.address import Address

CONNECT_SECONDS = 3.0
REPLY_SECONDS = 5.0
"""A reply that takes longer means a link that swallows bytes: the connection is given up."""

Argument = bytes | str | int | float
OnPush = Callable[[list[list[Any]]], None]


class Connection(asyncio.Protocol):
    """``on_push`` gets what a subscribed connection hears, all of one read at once; ``on_lost`` is
    called once at the end."""

    def __init__(
        self,
        on_push: OnPush | None = None,
        on_lost: Callable[[Connection], None] | None = None,
    ) -> None:
        self.run_id = ""
        self.closed = False
        self._on_push = on_push
        self._on_lost = on_lost
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.TimerHandle | None = None

    # -- commands

    def call(self, *command: Argument) -> asyncio.Future[Any]:
        """Send one command; the future gives its reply. Raises `LogAway` through the future."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self.closed:
            future.set_exception(LogAway())
            return future
        self._waiting.append((future, self._loop.time()))
        self._write(command)
        return future

    def say(self, *command: Argument) -> None:
        """Send a command whose answer, if any, is a push (SUBSCRIBE, UNSUBSCRIBE)."""
        if not self.closed:
            self._write(command)

    def close(self) -> None:
        """End the connection now; `on_lost` is called before this returns."""
        if self._transport is not None:
            self._transport.abort()
        self._lose()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._watch = self._loop.call_later(1.0, self._look_at_the_oldest)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        pushes: list[list[Any]] = []
        broken = False
        while True:
            try:
                reply = self._reader.gets()
            except hiredis.ProtocolError:
                broken = True
                break
            if reply is False:
                break
            if self._waiting:
                self._answer(reply)
            elif isinstance(reply, list):
                pushes.append(reply)
        if pushes and self._on_push is not None and not self.closed:
            self._on_push(pushes)
        if broken:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose()

    # -- inside

    def _write(self, command: tuple[Argument, ...]) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(hiredis.pack_command(cast(Any, command)))

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and not self.closed:
            self._transport.write(b"".join(out))

    def _answer(self, reply: Any) -> None:
        future, _ = self._waiting.popleft()
        if future.done():
            return
        if isinstance(reply, hiredis.ReplyError):
            future.set_exception(reply)
        else:
            future.set_result(reply)

    def _look_at_the_oldest(self) -> None:
        now = self._loop.time()
        if self._waiting and now - self._waiting[0][1] > REPLY_SECONDS:
            self.close()
        elif not self.closed:
            self._watch = self._loop.call_later(1.0, self._look_at_the_oldest)

    def _lose(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self._watch is not None:
            self._watch.cancel()
        waiting, self._waiting = self._waiting, deque()
        for future, _ in waiting:
            if not future.done():
                future.set_exception(LogAway())
        if self._on_lost is not None:
            self._on_lost(self)


async def connect(
    url: str,
    on_push: OnPush | None = None,
    on_lost: Callable[[Connection], None] | None = None,
) -> Connection:
    """Connect to ``redis://``, ``rediss://`` or ``unix://`` and learn the ``run_id``.

    ``on_lost`` is only called for a connection that this returned. Raises `LogAway`.
    """
    connection: Connection | None = None
    address = Address.of(url)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await _open(address, on_push)
            await _greet(connection, address)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, OSError | TimeoutError | hiredis.ReplyError):
            raise LogAway() from error
        raise
    connection._on_lost = on_lost
    if connection.closed:
        raise LogAway()
    return connection


async def _open(address: Address, on_push: Callable[[list[Any]], None] | None) -> Connection:
    loop = asyncio.get_running_loop()
    if address.unix_path:
        _, protocol = await loop.create_unix_connection(
            lambda: Connection(on_push), address.unix_path
        )
        return protocol
    _, protocol = await loop.create_connection(
        lambda: Connection(on_push),
        address.host,
        address.port,
        ssl=address.tls_context() if address.tls else None,
    )
    return protocol


async def _greet(connection: Connection, address: Address) -> None:
    if address.password:
        user = [address.user] if address.user else []
        await connection.call("AUTH", *user, address.password)
    if address.database:
        await connection.call("SELECT", address.database)
    info: bytes = await connection.call("INFO", "server")
    for line in info.decode().splitlines():
        name, _, value = line.partition(":")
        if name == "run_id":
            connection.run_id = value
    # A Redis that still reads its append-only file answers LOADING to this, and so is "away".
    await connection.call("PING")
