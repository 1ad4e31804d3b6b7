"""The writing end of a stream: bytes go out at once, or wait in a bounded buffer.

A stream's socket is taken from Tornado after the headers: handler, request and IOStream go, and
what stays is this object and one entry in a selector that all streams of the worker share.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Protocol

from tornchat import metrics
from tornchat.hub.watch import Watch, best_watch

BUFFER_LIMIT = 256 * 1024
"""Bytes that may wait for a slow reader. More: the stream is cut, and its client resumes from the
log."""
LOW_WATER = 32 * 1024
END_SECONDS = 10.0
"""What is left to say at the end of a stream may wait for so long."""
STUCK_SECONDS = 20.0
"""A stream of which nobody has taken a byte for so long is cut, however little waits."""
KERNEL_BYTES = 128 * 1024
"""Asked of the kernel for what is on its way to one client; Linux takes twice that, for its own
part of it. Left alone it gives a client that stops reading some megabytes."""
UNSENT_BYTES = 64 * 1024
"""Of that, what may wait to be sent at all: the rest is with the client or on the line."""

_PIECES = 64
_READ = 16 * 1024
_ABORT = struct.pack("ii", 1, 0)


class Owner(Protocol):
    """Whose stream it is (a reader)."""

    def close(self) -> None:
        """The stream is over, whichever side has ended it. Called once."""

    def cut(self) -> None:
        """Too much waits: nothing more is sent but the farewell."""

    def hear(self, data: bytes) -> None:
        """The client said something; only asked of those that `Outlet.listen`."""


class Outlet:
    """One stream's socket. What waits is kept as the frames that were sent, whole ones shared with
    all other streams."""

    __slots__ = (
        "_drained",
        "_due",
        "_ending",
        "_farewell",
        "_frames",
        "_listening",
        "_offset",
        "_outlets",
        "_owner",
        "_socket",
        "closed",
        "waiting",
    )

    def __init__(
        self, outlets: Outlets, sock: socket.socket, owner: Owner, farewell: bytes
    ) -> None:
        self.closed = False
        self.waiting = 0
        """Bytes that the other side has not made room for."""
        self._owner = owner
        self._listening = False
        self._outlets = outlets
        self._socket = sock
        self._farewell = farewell
        self._frames: deque[bytes] | None = None
        self._offset = 0
        """How much of the first frame that waits has gone out."""
        self._due = 0.0
        """When to give up, on the loop's clock, if something still waits."""
        self._ending = False
        self._drained: asyncio.Future[None] | None = None

    def send(self, frame: bytes, limit: int = BUFFER_LIMIT) -> None:
        """Write whole frames, or keep what does not fit. More than ``limit`` bytes kept cut the
        stream."""
        if self.closed or self._ending:
            return
        if self._frames:
            self._keep(frame, 0, limit)
            return
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(frame):
            self._keep(frame, sent, limit)

    @property
    def ending(self) -> bool:
        """Nothing more is sent than what waits."""
        return self._ending

    def listen(self) -> None:
        """From now on the owner gets what the client says, which is dropped else."""
        self._listening = True

    async def drained(self) -> None:
        """Wait until little is left to send; returns at once where nothing waits or all is over."""
        if self.closed or self.waiting <= LOW_WATER:
            return
        if self._drained is None or self._drained.done():
            self._drained = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._drained)

    def end(self, last: bytes = b"") -> None:
        """Send a ``last`` frame, for which there is always room, and close as soon as everything
        has gone out, or is not taken for `END_SECONDS`."""
        if self.closed or self._ending:
            return
        if last:
            self.send(last, BUFFER_LIMIT + len(last))
        self._ending = True
        self._due = self._outlets.now() + END_SECONDS
        if not self.waiting:
            self._finish()

    def close(self) -> None:
        """Close now."""
        if self.closed:
            return
        self.closed = True
        self._outlets.remove(self, self._socket)
        self._socket.close()
        self._frames = None
        self.waiting = 0
        self._wake()
        self._owner.close()

    def release(self) -> socket.socket:
        """Give the socket away, to which nothing may wait to be written."""
        self.closed = True
        self._outlets.remove(self, self._socket)
        return self._socket

    # -- called by Outlets

    def readable(self) -> None:
        """Something was said, or the client has gone."""
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif self._listening:
            self._owner.hear(data)

    def writable(self) -> None:
        """Send what waits, as much as there is room for."""
        frames = self._frames
        if not frames:
            return
        pieces: list[bytes | memoryview] = list(islice(frames, _PIECES))
        pieces[0] = memoryview(frames[0])[self._offset :]
        try:
            sent = self._socket.sendmsg(pieces)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self.waiting -= sent
        self._offset += sent
        while frames and self._offset >= len(frames[0]):
            self._offset -= len(frames.popleft())
        if self.waiting <= LOW_WATER:
            self._wake()
        if not frames:
            self._frames = None
            self._outlets.watch(self._socket, self, writing=False)
            if self._ending:
                self._finish()
        elif not self._ending:
            self._due = self._outlets.now() + STUCK_SECONDS

    def give_up(self, now: float) -> None:
        """Cut a stream whose time is over. What the kernel still holds of it is dropped as well."""
        if now < self._due or self.closed:
            return
        if not self._ending:
            metrics.CUTS.labels("timeout").inc()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.close()

    def _keep(self, frame: bytes, sent: int, limit: int) -> None:
        left = len(frame) - sent
        if self.waiting + left > limit:
            self._cut(half_sent=sent > 0)
            return
        if self._frames is None:
            self._frames = deque()
            self._offset = sent
            self._outlets.watch(self._socket, self, writing=True)
            self._due = self._outlets.now() + STUCK_SECONDS
        self._frames.append(frame)
        self.waiting += left

    def _cut(self, *, half_sent: bool) -> None:
        """Too much waits: only the frame that is on its way goes out, then the farewell."""
        metrics.CUTS.labels("too_slow").inc()
        frames = self._frames
        if half_sent or not self._farewell or frames is None:
            # A frame that is too large by itself: nothing can be said in the middle of it.
            self.close()
            return
        first = [frames.popleft()] if self._offset else []
        frames.clear()
        frames.extend([*first, self._farewell])
        self.waiting = sum(map(len, frames)) - self._offset
        self._wake()
        self.end()
        self._owner.cut()

    def _finish(self) -> None:
        """All has been said. Where the client speaks as well, it may be doing so now: closing
        while its bytes arrive resets the connection, and what it was told last may be lost."""
        if not self._listening:
            self.close()
            return
        self._listening = False
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
        else:
            self._outlets.linger(self)

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)


class Outlets:
    """Many streams of a worker behind one selector, which the loop sees as one descriptor.

    ``prepare`` sets what their sockets need.
    """

    def __init__(self, prepare: Callable[[socket.socket], None] | None = None) -> None:
        self._prepare = prepare or _prepare
        self._watch: Watch[Outlet] = best_watch()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._watch, self._ready)
        self._waiting: set[Outlet] = set()

    def __len__(self) -> int:
        """How many streams are open."""
        return len(self._watch)

    def open(self, sock: socket.socket, owner: Owner, farewell: bytes = b"") -> Outlet:
        """Take over a connected socket. ``farewell`` is a frame: the last that a client is told
        which does not take what it is sent."""
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            self._prepare(sock)
        outlet = Outlet(self, sock, owner, farewell)
        self._watch.add(sock.fileno(), outlet)
        return outlet

    def watch(self, sock: socket.socket, outlet: Outlet, *, writing: bool) -> None:
        """Whether something waits to be written."""
        self._watch.want_room(sock.fileno(), writing)
        (self._waiting.add if writing else self._waiting.discard)(outlet)

    def linger(self, outlet: Outlet) -> None:
        """Nothing more is written, and the other side has to close: in `END_SECONDS`."""
        self._waiting.add(outlet)

    def remove(self, outlet: Outlet, sock: socket.socket) -> None:
        self._waiting.discard(outlet)
        self._watch.remove(sock.fileno())

    def now(self) -> float:
        return self._loop.time()

    def cut_stuck(self) -> None:
        """Cut the streams whose bytes nobody takes. To be called about once a second."""
        now = self.now()
        for outlet in list(self._waiting):
            outlet.give_up(now)

    def close(self) -> None:
        """Stop watching. The streams must have been closed before."""
        self._loop.remove_reader(self._watch)
        self._watch.close()

    def _ready(self) -> None:
        for outlet, readable, writable in self._watch.ready():
            if writable and not outlet.closed:
                outlet.writable()
            if readable and not outlet.closed:
                outlet.readable()


def _prepare(sock: socket.socket) -> None:
    # Nagle's algorithm holds a small second write back until the first is acknowledged: 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
