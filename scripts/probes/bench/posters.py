"""Connections that publish: each carries one request at a time, and is kept."""

from __future__ import annotations

import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress

from probes.bench.latency import Delays
from probes.bench.target import Target
from probes.exchange import Answer, BadAnswer, Base

_READ = 65_536

Register = Callable[[socket.socket, Callable[[], None] | None], None]
"""Have a function called when something comes to a socket; None: forget the socket."""


class Posters:
    """Publishes over as many connections as are needed, to ``near``, up to ``most``: more requests
    at once wait for one, and that counts in their delay. ``due``, ``sent`` and the delays are
    nanoseconds of `time.monotonic_ns`."""

    def __init__(
        self, target: Target, near: Base, register: Register, connections: int, most: int
    ) -> None:
        self.published: set[int] = set()
        """Messages that were accepted."""
        self.refusals: Counter[str] = Counter()
        """Why others were not: how often."""
        self.delays: Delays | None = None
        """Where answers to messages that are due from now on are to be noted."""
        self.sent: dict[int, int] = {}
        """Message -> when it was sent, which is later than it was due where it had to wait."""
        self._target = target
        self._near = near
        self._register = register
        self._most = most
        self._idle: list[_Poster] = []
        self._all: list[_Poster] = []
        self._waiting: deque[tuple[int, int, bytes]] = deque()
        self._open = 0
        for _ in range(min(connections, most)):
            self._idle.append(self._another())

    @property
    def unanswered(self) -> int:
        """Requests that are on their way."""
        return self._open + len(self._waiting)

    @property
    def refused(self) -> int:
        return self.refusals.total()

    def send(self, seq: int, due: int, request: bytes) -> None:
        """Publish a message now. Raises ``OSError`` where the server cannot be reached."""
        if self._idle:
            poster = self._idle.pop()
        elif len(self._all) < self._most:
            poster = self._another()
        else:
            self._waiting.append((seq, due, request))
            return
        self._open += 1
        self.sent[seq] = time.monotonic_ns()
        poster.ask(seq, due, request, self.delays)

    def close(self) -> None:
        for poster in self._all:
            poster.close()

    def _another(self) -> _Poster:
        poster = _Poster(self._target, self._near, self._register, self._answered)
        self._all.append(poster)
        return poster

    def _answered(self, poster: _Poster, why: str) -> None:
        """``why``: what was wrong, or nothing."""
        self._open -= 1
        if why:
            self.refusals[why] += 1
        else:
            self.published.add(poster.seq)
        if poster.closed:
            self._all.remove(poster)
        else:
            self._idle.append(poster)
        if self._waiting:
            self.send(*self._waiting.popleft())


class _Poster:
    """One connection."""

    def __init__(
        self,
        target: Target,
        near: Base,
        register: Register,
        answered: Callable[[_Poster, str], None],
    ) -> None:
        self.seq = 0
        self.closed = False
        self._target = target
        self._register = register
        self._tell = answered
        self._answer: Answer | None = None
        self._due = 0
        self._delays: Delays | None = None
        self._socket = socket.create_connection((near.host, near.port), 10)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        register(self._socket, self._readable)

    def ask(self, seq: int, due: int, request: bytes, delays: Delays | None) -> None:
        self.seq, self._due, self._delays = seq, due, delays
        self._answer = Answer()
        try:
            sent = self._socket.send(request)
        except OSError as error:
            self._over(str(error))
            return
        if sent < len(request):
            self._over("a request was too large for the socket")

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._register(self._socket, None)
            self._socket.close()

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError as error:
            self._over(str(error))
            return
        answer = self._answer
        if not data or answer is None:
            self._over("the server closed the connection")
            return
        with suppress(BadAnswer):
            answer.feed(data)
        if answer.complete and answer.head is not None:
            if self._delays is not None:
                self._delays.add(time.monotonic_ns() - self._due)
            status = answer.head.status
            if answer.head.says_close:
                self.close()
            self._finish("" if self._target.published(status) else f"status {status}")

    def _over(self, why: str) -> None:
        self.close()
        if self._answer is not None:
            self._finish(why)

    def _finish(self, why: str) -> None:
        self._answer = None
        self._tell(self, why)
