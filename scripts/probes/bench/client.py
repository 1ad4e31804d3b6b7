"""The client: subscribers and publishers behind one epoll, in one thread, so that one processor of
a client keeps up with one of a server."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from probes.bench.following import CALLS, Judgement
from probes.bench.latency import Delays
from probes.bench.polling import Schedule
from probes.bench.posters import Posters
from probes.bench.subscribers import Broken, Subscribers
from probes.bench.target import Post, Stamping, Target, text_of
from probes.bench.timer import Timer
from probes.bench.trips import Trips
from probes.exchange import Base

_BATCH = 64
"""Sockets that are read before anything else gets its turn, such as a message that is due."""
_LOOK_SECONDS = 0.05
_OPENING = 64
"""Subscribers that come in at the same time."""
_SILENCE_SECONDS = 15.0
_CALL_SECONDS = 2.0


class Pace(Protocol):
    """Decides when something is published."""

    def go(self, client: Client, now: int) -> None:
        """Publish what is due at ``now`` (ns), and have the client woken in time for the next."""


class Still:
    """Nothing is published."""

    def go(self, client: Client, now: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Plan:
    """What is published, by whom and over how many connections: at first, and at most (more
    requests wait). ``samples``: streams that are kept, to be taken apart in another way afterwards.
    ``interval``: seconds from poll to poll, where that is not at once; ``seed`` of their phases."""

    rooms: int
    authors: int
    size: int
    connections: int = 16
    most_connections: int = 256
    samples: int = 2
    interval: float | None = None
    seed: int = 0


class Client:
    """Loads one target that is started. Times are nanoseconds of `time.monotonic_ns`.

    ``near``: where all connections go to, where that is not the target itself but something on the
    way to it. ``helpers``: processes that work for the client, on its processor.
    """

    def __init__(
        self, target: Target, plan: Plan, near: Base | None = None, helpers: Sequence[int] = ()
    ) -> None:
        self.helpers = helpers
        self.due: dict[int, int] = {}
        """Message -> when it was meant to be sent."""
        self.lag = Delays()
        """How long a turn of the loop took: so long something that was ready had to wait."""
        self._target = target
        self._plan = plan
        self._epoll = select.epoll()
        self._timer = Timer()
        self._pace_at = 0
        """When the pace wants its next turn; 0: it does not."""
        self._set_for = 0
        self._epoll.register(self._timer.fd, select.EPOLLIN)
        self._others: dict[int, Callable[[], None]] = {self._timer.fd: self._timer.clear}
        self._calls: dict[int, int] = {}
        """Call -> its room."""
        near = self._near = near or target.base
        self._silence = _SILENCE_SECONDS
        polls = None
        if plan.interval is not None:
            polls = Schedule(int(plan.interval * 1e9), plan.seed, time.monotonic_ns())
            self._silence += 2 * plan.interval
        self.subscribers = Subscribers(target, near, self._epoll, plan.samples, polls)
        self.posters = Posters(
            target, near, self._register, plan.connections, plan.most_connections
        )

    @property
    def in_flight(self) -> int:
        """Messages that were sent and have not come to everybody (were not answered, where nobody
        listens)."""
        if not self.subscribers.all:
            return self.posters.unanswered
        return len(self.due) - self.posters.refused - self.subscribers.floor

    def publish(self, due: int) -> None:
        """Send the next message, which was meant to be sent at ``due``."""
        seq = len(self.due)
        self.due[seq] = due
        rooms = self._plan.rooms
        self._send(seq, due, seq % rooms, seq // rooms % self._plan.authors)

    def wake(self, at: int) -> None:
        """Let the pace have its turn at this moment, at the latest."""
        self._pace_at = min(self._pace_at, at) if self._pace_at else at

    def connect(self, count: int) -> None:
        """Bring so many more subscribers in; done when all are being served. Raises `Broken`."""
        subscribers = self.subscribers
        wanted = len(subscribers.all) + count
        patience = self._patience(lambda: subscribers.served)
        while (served := subscribers.served) < wanted:
            while len(subscribers.all) < min(wanted, served + _OPENING):
                subscribers.open()
            self._turn(Still())
            if patience.ended():
                raise Broken(f"only {served} of {wanted} subscribers are being served")

    def call(self) -> None:
        """Find out that every subscriber hears every room. Raises `Broken`."""
        deaf = self.subscribers.all
        patience = self._patience(lambda: (len(deaf), self.posters.unanswered))
        while deaf or self.posters.unanswered:
            for room in range(self._plan.rooms) if deaf else ():
                call = CALLS + len(self._calls)
                self._calls[call] = room
                self._send(call, time.monotonic_ns(), room, 0)
            again = time.monotonic() + _CALL_SECONDS
            while (deaf or self.posters.unanswered) and time.monotonic() < again:
                self._turn(Still())
                deaf = [one for one in deaf if not self._hears_all(one.heard)]
            if patience.ended():
                raise Broken(f"{len(deaf)} subscribers do not hear every room{self._refusals()}")
        # Calls of an earlier round may still be on their way; nobody waits for them.
        self.posters.published -= self._calls.keys()

    def run(self, pace: Pace, seconds: float) -> None:
        """Go on for so long. Raises `Broken` where nothing comes any more."""
        end = time.monotonic_ns() + int(seconds * 1e9)
        patience = self._patience(self._progress)
        while time.monotonic_ns() < end:
            self._turn(pace)
            if self.in_flight and patience.ended():
                raise Broken(f"nothing came for {self._silence:g} s{self._refusals()}")

    def trips(self, number: int) -> Trips | None:
        """What follows so many probes, where the target knows of them; to be closed."""
        plan = self._plan
        if not isinstance(self._target, Stamping):
            return None
        return Trips(
            *(self._target, self._target, self._near, self._register),
            number=number,
            interval=plan.interval,
            seed=plan.seed,
        )

    def run_until(self, true: Callable[[], bool], pace: Pace, seconds: float) -> None:
        """Go on until ``true()``, or for so long."""
        end = time.monotonic_ns() + int(seconds * 1e9)
        while not true() and time.monotonic_ns() < end:
            self._turn(pace)

    def settle(self) -> None:
        """Wait for what is on its way, as long as something comes."""
        patience = self._patience(self._progress)
        while (self.in_flight > 0 or self.posters.unanswered) and not patience.ended():
            self._turn(Still())

    def judge(self) -> Judgement:
        """Hold every stream to what was accepted."""
        posters = self.posters
        return self.subscribers.judge(posters.published, posters.refused + posters.unanswered)

    def close(self) -> None:
        self.posters.close()
        self.subscribers.close()
        self._timer.close()
        self._epoll.close()

    def _turn(self, pace: Pace) -> None:
        """Let the pace publish, wait for something, and take a batch of it."""
        now = time.monotonic_ns()
        self._pace_at = 0
        pace.go(self, now)
        self._wake_for(self.subscribers.ask_due(now))
        ready = self._epoll.poll(_LOOK_SECONDS, _BATCH)
        if ready:
            began = time.monotonic_ns()
            for fd in self.subscribers.take(ready):
                self._others[fd]()
            self.lag.add(time.monotonic_ns() - began)

    def _wake_for(self, poll: int | None) -> None:
        """Have the next turn when the pace wants it, or a poll is due."""
        at = self._pace_at if poll is None or 0 < self._pace_at < poll else poll
        if at != self._set_for and at:
            self._timer.set(at)
        self._set_for = at

    def _send(self, seq: int, due: int, room: int, author: int) -> None:
        post = Post(seq, room, author, text_of(seq, self._plan.size))
        self.posters.send(seq, due, self._target.publish(post))

    def _register(self, line: socket.socket, call: Callable[[], None] | None) -> None:
        if call is None:
            self._epoll.unregister(line)
            del self._others[line.fileno()]
        else:
            self._epoll.register(line, select.EPOLLIN)
            self._others[line.fileno()] = call

    def _hears_all(self, heard: set[int]) -> bool:
        return len({self._calls[call] for call in heard}) == self._plan.rooms

    def _progress(self) -> tuple[int, int, int]:
        return self.subscribers.floor, self.subscribers.furthest, self.posters.unanswered

    def _patience(self, progress: Callable[[], object]) -> _Patience:
        return _Patience(progress, self._silence)

    def _refusals(self) -> str:
        """What was said to publishers, if it was not good."""
        said = self.posters.refusals.most_common(3)
        return f" ({', '.join(f'{times} x {why}' for why, times in said)})" if said else ""


class _Patience:
    """Ends when nothing has changed for so many seconds."""

    def __init__(self, progress: Callable[[], object], seconds: float) -> None:
        self._progress = progress
        self._seconds = seconds
        self._seen = progress()
        self._since = time.monotonic()

    def ended(self) -> bool:
        seen = self._progress()
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        return time.monotonic() - self._since > self._seconds
