"""The writing end of a stream: bytes go out at once, or wait in a bounded buffer.

A stream's socket is taken from Tornado after the headers: handler, request and IOStream go, and
what stays is this object and one entry in a selector that all streams of the worker share.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Callable

from tornchat import metrics

BUFFER_LIMIT = 256 * 1024
"""Bytes that may wait for a slow reader. More: the stream is cut, and its client resumes from the
log."""
LOW_WATER = 32 * 1024
END_SECONDS = 10.0


class Outlet:
    """One stream's socket. ``on_close`` is called once, whichever side ends it."""

    __slots__ = ("_buffer", "_drained", "_ending", "_outlets", "_socket", "closed", "on_close")

    def __init__(self, outlets: Outlets, sock: socket.socket, on_close: Callable[[], None]) -> None:
        self.closed = False
        self.on_close = on_close
        self._outlets = outlets
        self._socket = sock
        self._buffer = b""
        self._ending = False
        self._drained: asyncio.Future[None] | None = None

    @property
    def waiting(self) -> int:
        """Bytes that the other side has not made room for."""
        return len(self._buffer)

    def send(self, data: bytes) -> None:
        """Write, or keep what does not fit. Too much kept cuts the stream."""
        if self.closed or self._ending:
            return
        if self._buffer:
            self._keep(data)
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(data):
            self._keep(data[sent:])

    async def drained(self) -> None:
        """Wait until little is left to send; returns at once where nothing waits or all is over."""
        if self.closed or len(self._buffer) <= LOW_WATER:
            return
        if self._drained is None or self._drained.done():
            self._drained = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._drained)

    def end(self) -> None:
        """Close as soon as everything has gone out, or is not taken for `END_SECONDS`."""
        self._ending = True
        if not self._buffer:
            self.close()
        else:
            asyncio.get_running_loop().call_later(END_SECONDS, self.close)

    def close(self) -> None:
        """Close now."""
        if self.closed:
            return
        self.closed = True
        self._outlets.remove(self._socket)
        self._socket.close()
        self._buffer = b""
        self._wake()
        self.on_close()

    # -- called by Outlets

    def readable(self) -> None:
        """The client has nothing to say on a stream: bytes are dropped, an end is an end."""
        try:
            if self._socket.recv(4096):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.close()

    def writable(self) -> None:
        try:
            sent = self._socket.send(self._buffer)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._buffer = self._buffer[sent:]
        if len(self._buffer) <= LOW_WATER:
            self._wake()
        if not self._buffer:
            self._outlets.watch(self._socket, self, writing=False)
            if self._ending:
                self.close()

    def _keep(self, data: bytes) -> None:
        if len(self._buffer) + len(data) > BUFFER_LIMIT:
            metrics.CUTS.labels("too_slow").inc()
            self.close()
            return
        if not self._buffer:
            self._outlets.watch(self._socket, self, writing=True)
        self._buffer += data

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)


class Outlets:
    """All streams of a worker behind one selector, which the loop sees as one descriptor."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._selector, self._ready)

    def open(self, sock: socket.socket, on_close: Callable[[], None]) -> Outlet:
        """Take over a connected socket."""
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            # Nagle's algorithm holds a small second write back until the first is acknowledged: 40
            # ms.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        outlet = Outlet(self, sock, on_close)
        self._selector.register(sock, selectors.EVENT_READ, outlet)
        return outlet

    def watch(self, sock: socket.socket, outlet: Outlet, *, writing: bool) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
        self._selector.modify(sock, events, outlet)

    def remove(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)

    def close(self) -> None:
        """Stop watching. The streams must have been closed before."""
        self._loop.remove_reader(self._selector)
        self._selector.close()

    def _ready(self) -> None:
        for key, events in self._selector.select(0):
            outlet: Outlet = key.data
            if events & selectors.EVENT_WRITE and not outlet.closed:
                outlet.writable()
            if events & selectors.EVENT_READ and not outlet.closed:
                outlet.readable()
