"""The client: thousands of subscribers and some publishers behind one epoll, in one thread.

Nothing here costs per message and subscriber but one read and one comparison of bytes
(`following`), so that one processor of a client keeps up with one of a server.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from probes.bench.following import CALLS, Chain, Judgement, Place
from probes.bench.latency import Delays
from probes.bench.posters import Posters
from probes.bench.target import Post, Target, text_of
from probes.bench.timer import Timer

_READ = 65_536
_BATCH = 64
"""Sockets that are read before anything else gets its turn, such as a message that is due."""
_LOOK_SECONDS = 0.05
_OPENING = 64
"""Subscribers that come in at the same time."""
_SILENCE_SECONDS = 10.0
_CALL_SECONDS = 1.0
_GOOD = (b"200", b"101")


class Broken(Exception):
    """A run cannot go on: streams end, messages do not come, requests are not answered."""


class Pace(Protocol):
    """Decides when something is published."""

    def go(self, client: Client, now: int) -> None:
        """Publish what is due at ``now`` (ns), and have the client woken in time for the next."""


class Still:
    """Nothing is published."""

    def go(self, client: Client, now: int) -> None:
        pass


@dataclass(slots=True)
class Plan:
    """What is published, by whom and over how many connections."""

    rooms: int
    authors: int
    size: int
    connections: int = 16
    samples: int = 2
    """Streams that are kept, to be taken apart in another way afterwards."""


class _Subscriber:
    __slots__ = ("heard", "kept", "number", "opening", "place", "recv", "socket")

    def __init__(self, number: int, line: socket.socket, place: Place) -> None:
        self.number = number
        self.socket = line
        self.recv = line.recv
        self.place = place
        self.opening: bytes | None = b""
        """What it has received, until it is being served."""
        self.kept: list[bytes] | None = None
        self.heard: set[int] = set()
        """Rooms of which it has received a call."""


class Client:
    """Loads one target that is started. Times are nanoseconds of `time.monotonic_ns`."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self.chain = Chain(target.scan)
        self.floor = 0
        """So many messages have come to everybody."""
        self.due: dict[int, int] = {}
        """Message -> when it was meant to be sent."""
        self.came_at: list[int] = []
        self.came: list[tuple[int, ...]] = []
        """When something came to somebody, and which messages; while ``noting``."""
        self.noting = False
        self.bytes = 0
        self.lag = Delays()
        """How long a turn of the loop took: so long something that was ready had to wait."""
        self._target = target
        self._plan = plan
        self._epoll = select.epoll()
        self._timer = Timer()
        self._epoll.register(self._timer.fd, select.EPOLLIN)
        self._reading: dict[int, _Subscriber] = {}
        self._others: dict[int, Callable[[], None]] = {self._timer.fd: self._timer.clear}
        self._subscribers: list[_Subscriber] = []
        self._served = 0
        self._standing: defaultdict[int, int] = defaultdict(int)
        """Position -> how many subscribers stand there."""
        self._furthest = 0
        self._calls = CALLS
        self._called: dict[int, int] = {}
        """Call -> its room."""
        self.posters = Posters(target, self._register, plan.connections)

    # -- what is published

    @property
    def in_flight(self) -> int:
        """Messages that were sent and have not come to everybody (were not answered, where nobody
        listens)."""
        if not self._subscribers:
            return self.posters.unanswered
        return len(self.due) - self.posters.refused - self.floor

    def publish(self, due: int) -> None:
        """Send the next message, which was meant to be sent at ``due``."""
        seq = len(self.due)
        self.due[seq] = due
        self._send(seq, due, seq % self._plan.rooms, seq // self._plan.rooms % self._plan.authors)

    def wake(self, at: int) -> None:
        """Let the pace have its turn at this moment."""
        self._timer.set(at)

    def _send(self, seq: int, due: int, room: int, author: int) -> None:
        post = Post(seq, room, author, text_of(seq, self._plan.size))
        self.posters.send(seq, due, self._target.publish(post))

    # -- what is done with it

    def connect(self, count: int) -> None:
        """Bring so many more subscribers in; done when all are being served."""
        wanted = len(self._subscribers) + count
        pace = Still()
        seen, since = self._served, time.monotonic()
        while self._served < wanted:
            while len(self._subscribers) < min(wanted, self._served + _OPENING):
                self._open()
            self._turn(pace)
            if self._served > seen:
                seen, since = self._served, time.monotonic()
            elif time.monotonic() - since > 2 * _SILENCE_SECONDS:
                raise Broken(f"only {seen} of {wanted} subscribers are being served")

    def call(self) -> None:
        """Find out that every subscriber hears every room."""
        end = time.monotonic() + 2 * _SILENCE_SECONDS
        deaf = self._subscribers
        while deaf:
            if time.monotonic() > end:
                raise Broken(f"{len(deaf)} subscribers do not hear every room {self._refusals()}")
            for room in range(self._plan.rooms):
                self._called[self._calls] = room
                self._send(self._calls, time.monotonic_ns(), room, 0)
                self._calls += 1
            again = time.monotonic() + _CALL_SECONDS
            rooms = self._plan.rooms
            while deaf and time.monotonic() < again:
                self._turn(Still())
                deaf = [one for one in deaf if len(one.heard) < rooms]
        while self.posters.unanswered and time.monotonic() < end:
            self._turn(Still())
        # Calls of an earlier round may still be on their way; nobody waits for them.
        self.posters.published -= self._called.keys()

    def run(self, pace: Pace, seconds: float) -> None:
        """Go on for so long. Raises `Broken` where nothing comes any more."""
        end = time.monotonic_ns() + int(seconds * 1e9)
        progress, since = self._progress(), time.monotonic_ns()
        while (now := time.monotonic_ns()) < end:
            self._turn(pace)
            if self._progress() != progress or not self.in_flight:
                progress, since = self._progress(), now
            elif now - since > _SILENCE_SECONDS * 1e9:
                raise Broken(f"nothing came for {_SILENCE_SECONDS:g} s {self._refusals()}")

    def settle(self) -> bool:
        """Wait for what is on its way; whether everything came and was answered."""
        progress, since = self._progress(), time.monotonic()
        while self.in_flight > 0 or self.posters.unanswered:
            self._turn(Still())
            if self._progress() != progress:
                progress, since = self._progress(), time.monotonic()
            elif time.monotonic() - since > _SILENCE_SECONDS:
                return False
        return True

    def judge(self) -> Judgement:
        """Hold every stream to what was accepted."""
        streams = [one.place for one in self._subscribers]
        posters = self.posters
        return self.chain.judge(streams, posters.published, posters.refused + posters.unanswered)

    def samples(self) -> list[tuple[bytes, list[int]]]:
        """What came to some subscribers, and which messages were found in it."""
        return [
            (b"".join(one.kept), [seq for _, seq in self._events(one.place)])
            for one in self._subscribers
            if one.kept is not None
        ]

    def close(self) -> None:
        self.posters.close()
        for one in self._subscribers:
            one.socket.close()
        self._timer.close()
        self._epoll.close()

    # -- the loop

    def _turn(self, pace: Pace) -> None:
        """Let the pace publish, wait for something, and take a batch of it."""
        clock = time.monotonic_ns
        pace.go(self, clock())
        ready = self._epoll.poll(_LOOK_SECONDS, _BATCH)
        began = clock()
        reading, standing, noting = self._reading, self._standing, self.noting
        for fd, _ in ready:
            one = reading.get(fd)
            if one is None:
                self._others[fd]()
                continue
            try:
                data = one.recv(_READ)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Broken(f"a stream broke: {error}") from None
            if not data:
                raise Broken("the server ended a stream")
            self.bytes += len(data)
            place = one.place
            for known, step in place.steps:  # noqa: B007 - read behind the loop
                if known == data:
                    break
            else:
                step = self.chain.step(place, data)
            if one.opening is not None:
                self._opens(one, data)
            if one.kept is not None:
                one.kept.append(data)
            there = one.place = step.place
            if step.seqs:
                if noting:
                    self.came_at.append(clock())
                    self.came.append(step.seqs)
                standing[place.position] -= 1
                standing[there.position] += 1
                if there.position > self._furthest:
                    self._furthest = there.position
            if step.calls:
                one.heard.update(self._called[call] for call in step.calls)
            if step.cursor is not None:
                one.socket.send(self._target.subscribe(one.number, step.cursor))
        self._raise_floor()
        if ready:
            self.lag.add(clock() - began)

    def _raise_floor(self) -> None:
        standing, floor = self._standing, self.floor
        while floor < self._furthest and not standing[floor]:
            del standing[floor]
            floor += 1
        if floor != self.floor:
            self.floor = floor
            self.chain.forget(floor)

    def _register(self, line: socket.socket, events: int, call: Callable[[], None]) -> None:
        if events:
            self._epoll.register(line, events)
            self._others[line.fileno()] = call
        else:
            self._epoll.unregister(line)
            del self._others[line.fileno()]

    def _open(self) -> None:
        base = self._target.base
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.setblocking(False)
        one = _Subscriber(len(self._subscribers), line, self.chain.start)
        if one.number < self._plan.samples:
            one.kept = []
        self._subscribers.append(one)
        failed = line.connect_ex((base.host, base.port))
        if failed not in (0, errno.EINPROGRESS):
            raise Broken(f"no connection to {base}: {os.strerror(failed)}")
        self._register(line, select.EPOLLOUT, lambda: self._connected(one))

    def _connected(self, one: _Subscriber) -> None:
        failed = one.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            raise Broken(f"no connection to {self._target.base}: {os.strerror(failed)}")
        one.socket.send(self._target.subscribe(one.number))
        fd = one.socket.fileno()
        self._epoll.modify(fd, select.EPOLLIN)
        del self._others[fd]
        self._reading[fd] = one
        self._standing[0] += 1
        self._opens(one, b"")

    def _opens(self, one: _Subscriber, data: bytes) -> None:
        """See whether a subscriber is being served now. Raises `Broken` where it is refused."""
        assert one.opening is not None
        seen = one.opening + data
        status = seen[9:12]
        if len(status) == 3 and status not in _GOOD:
            line = seen.partition(b"\r\n")[0].decode("latin-1")
            raise Broken(f"a subscriber was refused: {line}")
        if self._target.ready(seen):
            one.opening = None
            self._served += 1
        else:
            one.opening = seen

    def _progress(self) -> tuple[int, int, int]:
        return self.floor, self._furthest, self.posters.unanswered

    def _refusals(self) -> str:
        """What was said to publishers, if it was not good."""
        said = self.posters.refusals.most_common(3)
        return f"({', '.join(f'{times} x {why}' for why, times in said)})" if said else ""

    def _events(self, place: Place) -> list[tuple[object, int]]:
        return self.chain.events[: place.position] if place.own is None else place.own
