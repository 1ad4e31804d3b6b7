"""The subscribers: thousands of sockets, each a `Place` on the chain of messages.

Nothing here costs per message and subscriber but one read and one comparison of bytes.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from probes.bench.following import Chain, Judgement, Place, Step
from probes.bench.polling import Schedule
from probes.bench.target import Target
from probes.exchange import Base

_READ = 65_536
# By edges: else the kernel asks each socket of the last batch again whether there is more.
_EDGES = select.EPOLLIN | select.EPOLLET
_SHOWN = 200
_GOOD = (b"200", b"101")


class Broken(Exception):
    """A run cannot go on: streams end, messages do not come, requests are not answered."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of all subscribers: requests (a stream is one), bytes that were written to their sockets and
    read from them, heads included, and polls whose answer had no message."""

    requests: int = 0
    up: int = 0
    down: int = 0
    wasted: int = 0

    def since(self, before: Traffic) -> Traffic:
        return Traffic(
            self.requests - before.requests,
            self.up - before.up,
            self.down - before.down,
            self.wasted - before.wasted,
        )


class Subscriber:
    """One of them. ``opening`` is what it has received, until it is being served; ``cursor`` with
    what a poll asks again; ``kept`` all that has come, where that is wanted; ``heard`` the calls.
    """

    __slots__ = ("cursor", "heard", "kept", "last", "number", "opening", "place", "recv", "socket")

    def __init__(self, number: int, line: socket.socket, place: Place) -> None:
        self.number = number
        self.socket = line
        self.recv = line.recv
        self.place = place
        self.last = b""
        self.opening: bytes | None = b""
        self.cursor: bytes | None = None
        self.kept: list[bytes] | None = None
        self.heard: set[int] = set()


class Subscribers:
    """All of one target, on an epoll that somebody else waits for. Times are nanoseconds of
    `time.monotonic_ns`. ``near``: where they connect to; ``samples``: so many keep what comes;
    ``polls``: when they ask again, who poll; without it at once."""

    def __init__(
        self,
        target: Target,
        near: Base,
        epoll: select.epoll,
        samples: int,
        polls: Schedule | None = None,
    ) -> None:
        self.all: list[Subscriber] = []
        self.served = 0
        """So many are being served."""
        self.floor = 0
        """So many messages have come to everybody."""
        self.furthest = 0
        """So many have come to the one who got the most."""
        self.noting = False
        self.came_at: list[int] = []
        self.came: list[tuple[int, ...]] = []
        """When something came to somebody, and which messages; while ``noting``."""
        self._target = target
        self._near = near
        self._epoll = epoll
        self._samples = samples
        self._polls = polls
        self._requests = self._up = self._down = self._wasted = 0
        self._chain = Chain(target.scan)
        self._connecting: dict[int, Subscriber] = {}
        self._reading: dict[int, Subscriber] = {}
        self._standing: defaultdict[int, int] = defaultdict(int)
        """Position -> how many stand there."""

    @property
    def traffic(self) -> Traffic:
        """Since the beginning."""
        return Traffic(self._requests, self._up, self._down, self._wasted)

    @property
    def missed(self) -> int:
        """Polls that could not be asked, since the answer to one before them took so long."""
        return self._polls.missed if self._polls else 0

    def open(self) -> None:
        """Begin to bring in one more. Raises `Broken`."""
        base = self._near
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.setblocking(False)
        one = Subscriber(len(self.all), line, self._chain.start)
        if one.number < self._samples:
            one.kept = []
        self.all.append(one)
        failed = line.connect_ex((base.host, base.port))
        if failed not in (0, errno.EINPROGRESS):
            raise Broken(f"no connection to {base}: {os.strerror(failed)}")
        self._epoll.register(line, select.EPOLLOUT)
        self._connecting[line.fileno()] = one

    def take(self, ready: Iterable[tuple[int, int]]) -> list[int]:
        """Read what has come; gives the descriptors that are not of subscribers.

        Raises `Broken` where one is refused or its stream ends.
        """
        reading, standing = self._reading, self._standing
        noting, clock = self.noting, time.monotonic_ns
        others, bytes_read = [], 0
        for fd, _ in ready:
            one = reading.get(fd)
            if one is None:
                others.append(fd)
                continue
            try:
                data = one.recv(_READ)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Broken(f"a stream broke: {error}") from None
            if not data:
                raise Broken(f"the server ended a stream, after {one.last[-_SHOWN:]!r}")
            one.last = data
            bytes_read += len(data)
            if len(data) == _READ:
                self._epoll.modify(fd, _EDGES)  # there may be more, and that is no edge
            place = one.place
            for known, step in place.steps:  # noqa: B007 - read behind the loop
                if known == data:
                    break
            else:
                step = self._chain.step(place, data)
            there = one.place = step.place
            if one.opening is not None:
                self._opens(one, data)
            if one.kept is not None:
                one.kept.append(data)
            if step.seqs:
                if noting:
                    self.came_at.append(clock())
                    self.came.append(step.seqs)
                standing[place.position] -= 1
                standing[there.position] += 1
                if there.position > self.furthest:
                    self.furthest = there.position
            if step.calls:
                one.heard.update(step.calls)
            if step.cursor is not None:
                self._answered(one, step)
        self._down += bytes_read
        self._raise_floor()
        return [fd for fd in others if not self._connected(fd)]

    def ask_due(self, now: int) -> int | None:
        """Let the pollers ask whose time has come; gives when the next one's comes."""
        if self._polls is None:
            return None
        for number in self._polls.due(now):
            one = self.all[number]
            self._ask(one, one.cursor)
        return self._polls.next

    def judge(self, published: set[int], maybe: int) -> Judgement:
        """As `Chain.judge`."""
        return self._chain.judge([one.place for one in self.all], published, maybe)

    def samples(self) -> list[tuple[bytes, list[int]]]:
        """What came to some subscribers, and which messages were found in it."""
        found = []
        for one in self.all:
            if one.kept is not None:
                own = one.place.own
                events = self._chain.events[: one.place.position] if own is None else own
                found.append((b"".join(one.kept), [seq for _, seq in events]))
        return found

    def close(self) -> None:
        for one in self.all:
            one.socket.close()

    def _raise_floor(self) -> None:
        standing, floor = self._standing, self.floor
        while floor < self.furthest and not standing[floor]:
            del standing[floor]
            floor += 1
        if floor != self.floor:
            self.floor = floor
            self._chain.forget(floor)

    def _connected(self, fd: int) -> bool:
        """Let a subscriber ask that has a connection now; whether this is one."""
        one = self._connecting.pop(fd, None)
        if one is None:
            return False
        failed = one.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            raise Broken(f"no connection to {self._near}: {os.strerror(failed)}")
        self._ask(one, None)
        self._epoll.modify(fd, _EDGES)
        self._reading[fd] = one
        self._standing[0] += 1
        self._opens(one, b"")
        return True

    def _answered(self, one: Subscriber, step: Step) -> None:
        """A poll was answered: ask again, at once or when it is time."""
        if not step.seqs and not step.calls:
            self._wasted += 1
        one.cursor = step.cursor
        if self._polls is None:
            self._ask(one, step.cursor)
        else:
            self._polls.answered(one.number, time.monotonic_ns())

    def _ask(self, one: Subscriber, cursor: bytes | None) -> None:
        self._requests += 1
        self._up += one.socket.send(self._target.subscribe(one.number, cursor))

    def _opens(self, one: Subscriber, data: bytes) -> None:
        """See whether it is being served now."""
        assert one.opening is not None
        seen = one.opening + data
        status = seen[9:12]
        if len(status) == 3 and status not in _GOOD:
            line = seen.partition(b"\r\n")[0].decode("latin-1")
            raise Broken(f"a subscriber was refused: {line}")
        if self._target.ready(seen):
            one.opening = None
            self.served += 1
        else:
            one.opening = seen
