"""A TCP line on loopback that a run can break, refuse, freeze and tamper with."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import cast

HOST = "127.0.0.1"
_ABORT = struct.pack("ii", 1, 0)
_BACKLOG = 1024

Filter = Callable[[bytes], bytes]
"""What becomes of the bytes of one direction of one connection."""


class Line:
    """Carries connections to ``target``, a port of this machine.

    ``tamper`` makes a `Filter` for what comes back from the target, one for each connection.
    """

    def __init__(self, target: int, tamper: Callable[[], Filter] | None = None) -> None:
        self.target = target
        self.port = 0
        self.broken = 0
        """Connections that were broken so far."""
        self._tamper = tamper
        self._refusing = False
        self._frozen_up = self._frozen_down = False
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen on a port that the kernel picks."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accepted, HOST, 0, backlog=_BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection; new ones are carried."""
        for pair in list(self._pairs):
            self.broken += 1
            pair.abort()

    def refuse(self) -> None:
        """Break every connection, and new ones at once."""
        self._refusing = True
        self.cut()

    def freeze(self, *, up: bool = True, down: bool = True) -> None:
        """Carry nothing to the target (``up``), or from it (``down``), and close nothing."""
        self._frozen_up, self._frozen_down = up, down
        for pair in self._pairs:
            pair.hold(up, down)

    def mend(self) -> None:
        """Be in good order again: carry what was held back, and new connections."""
        self._refusing = False
        self.freeze(up=False, down=False)

    def _accepted(self) -> asyncio.BaseProtocol:
        pair = _Pair(self._pairs)
        near = _End(pair)
        near.made = lambda: self._carry(pair, near)
        return near

    def _carry(self, pair: _Pair, near: _End) -> None:
        if self._refusing:
            self.broken += 1
            near.abort()
            return
        near.pause()
        self._pairs.add(pair)
        task = asyncio.ensure_future(self._connect(pair, near))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, pair: _Pair, near: _End) -> None:
        loop = asyncio.get_running_loop()
        far = _End(pair)
        try:
            await loop.create_connection(lambda: far, HOST, self.target)
        except OSError:
            pair.abort()
            return
        if self._tamper is not None:
            far.filter = self._tamper()
        near.other, far.other = far, near
        if near.lost:
            pair.abort()
            return
        pair.ends = (near, far)
        near.resume()
        pair.hold(self._frozen_up, self._frozen_down)


class _Pair:
    """Both ends of a carried connection."""

    def __init__(self, register: set[_Pair]) -> None:
        self.ends: tuple[_End, ...] = ()
        self._register = register

    def hold(self, up: bool, down: bool) -> None:
        for end, held in zip(self.ends, (up, down), strict=False):
            end.hold(held)

    def abort(self) -> None:
        self._register.discard(self)
        for end in self.ends:
            end.abort()


class _End(asyncio.Protocol):
    """One socket. What it receives goes to ``other``, no faster than that takes it."""

    def __init__(self, pair: _Pair) -> None:
        self.made: Callable[[], None] = lambda: None
        self.other: _End | None = None
        self.filter: Filter | None = None
        self.lost = False
        self._pair = pair
        self._pair.ends = (*self._pair.ends, self)
        self._transport: asyncio.Transport | None = None
        self._pauses: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.made()

    def data_received(self, data: bytes) -> None:
        if self.filter is not None:
            data = self.filter(data)
        if data and self.other is not None and self.other._transport is not None:
            self.other._transport.write(data)

    def eof_received(self) -> bool:
        if self.other is not None and self.other._transport is not None:
            with suppress(OSError):
                self.other._transport.write_eof()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if self.other is not None and self.other._transport is not None:
            self.other._transport.close()
        if all(end.lost for end in self._pair.ends):
            self._pair.abort()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.pause("full")

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.resume("full")

    def hold(self, held: bool) -> None:
        (self.pause if held else self.resume)("held")

    def pause(self, why: str = "opening") -> None:
        self._pauses.add(why)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self, why: str = "opening") -> None:
        self._pauses.discard(why)
        if not self._pauses and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self) -> None:
        if self._transport is not None:
            with suppress(OSError):
                sock = self._transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            self._transport.abort()
