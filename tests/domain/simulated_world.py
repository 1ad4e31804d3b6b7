"""Simulated time, links with latency, and a Redis that can be lost and come back with less.

Times are milliseconds. Everything random comes from one seed, so that a run can be repeated.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from tests.domain.simulated_log import SimulatedLog
from tornchat.domain.events import Event
from tornchat.domain.ids import FENCE_STEP, id_at

Process = Generator[Any, Any, None]
STEP = 5.0
"""How often a process looks whether what it waits for has come true."""


class Away(Exception):
    """Redis did not answer."""


class Time:
    """What happens next. A process is a generator that yields how long it sleeps, or a `Call`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 0.0
        self._next: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._number = itertools.count()

    def after(self, delay: float, do: Callable[..., None], *args: Any) -> None:
        heapq.heappush(self._next, (self.now + delay, next(self._number), do, args))

    def latency(self) -> float:
        """Mostly a millisecond or two, at times much more."""
        chance = self.random
        return chance.uniform(0.2, 3) if chance.random() < 0.9 else chance.uniform(3, 60)

    def spawn(self, process: Process) -> None:
        self.after(0, self._resume, process, None)

    def run(self, until: float) -> None:
        while self._next and self._next[0][0] <= until:
            self.now, _, do, args = heapq.heappop(self._next)
            do(*args)

    def _resume(self, process: Process, value: Any) -> None:
        try:
            wish = process.throw(value) if isinstance(value, Away) else process.send(value)
        except StopIteration:
            return
        if isinstance(wish, Call):
            wish.send(lambda reply: self._resume(process, reply))
        else:
            self.after(wish, self._resume, process, None)


class Link:
    """One direction of a connection: what is sent arrives late and in order, until it is cut."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._free = 0.0
        self.alive = True

    def carry(self, do: Callable[..., None], *args: Any) -> None:
        time = self._time
        self._free = max(self._free + 0.001, time.now + time.latency())
        time.after(self._free - time.now, self._arrive, do, args)

    def _arrive(self, do: Callable[..., None], args: tuple[Any, ...]) -> None:
        if self.alive:
            do(*args)


class Call:
    """One command of a worker's command connection: carried out in one instant, answered later."""

    def __init__(self, redis: SimulatedRedis, caller: Any, command: Callable[[], Any]) -> None:
        self._redis, self._caller, self._command = redis, caller, command

    def send(self, answer: Callable[[Any], None]) -> None:
        self._caller.requests.carry(self._arrive, answer)

    def _arrive(self, answer: Callable[[Any], None]) -> None:
        redis, replies = self._redis, self._caller.replies
        if redis.down:
            replies.carry(answer, Away())
            return
        redis.ensure_fenced(self._caller.sequence.last)
        value, run = self._command(), redis.run
        replies.carry(lambda: answer(value if redis.run == run else Away()))


class SimulatedRedis(SimulatedLog):
    """The log with its floor, what SQL knows of it, and the fence (docs/architecture.md)."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self.time = time
        self.clock = id_at(1_000_000)
        self.floor: int | None = 0
        self.run = 1
        self.down = False
        self.on_restart: Callable[[], None] = lambda: None
        self.lost: set[int] = set()
        self.ever: set[int] = set()
        self._fenced_for = 1
        self._written: list[tuple[float, Event]] = []
        self._fence_mark = 0
        self._last_fence = (0.0, 0)
        self.members: dict[tuple[str, str], int | None] = {}
        """What SQL has: (user, room) -> joined_id, None until it is announced."""
        self.outbox: deque[tuple[str, str, str]] = deque()
        self.made: list[tuple[int, tuple[str, str, str]]] = []
        time.spawn(self._make_announcements())

    def next_id(self) -> int:
        return max(self.clock + 1, id_at(1_000_000 + int(self.time.now)))

    def append(self, topic: str, kind: str = "message", **fields: Any) -> Event:
        event = super().append(topic, kind, **fields)
        assert event.id not in self.ever, "an id was given twice"
        self.ever.add(event.id)
        self._written.append((self.time.now, event))
        return event

    # -- membership: SQL and the outbox first, then one announcement after the other

    def change_membership(self, user: str, room: str) -> None:
        """Become a member, or no longer be one."""
        if (user, room) in self.members:
            del self.members[user, room]
            self.outbox.append(("leave", user, room))
        else:
            self.members[user, room] = None
            self.outbox.append(("join", user, room))

    def _make_announcements(self) -> Process:
        while True:
            yield self.time.latency()
            if not self.outbox or self.down or self._fenced_for != self.run:
                continue
            kind, user, room = entry = self.outbox.popleft()
            id = self.join(user, room) if kind == "join" else self.leave(user, room)
            self.made.append((id, entry))
            if kind == "join" and (user, room) in self.members:
                self.members[user, room] = id

    # -- what happens to it

    def trim(self, older_than: float) -> None:
        """Raise the floor, then drop what lies below it."""
        old = [event.id for at, event in self._written if at < self.time.now - older_than]
        if old and self.floor is not None and max(old) > self.floor:
            self.floor = max(old)
            self.events = [event for event in self.events if event.id > self.floor]

    def crash(self, unwritten: float, everything: bool = False) -> None:
        """Stop, and lose what was written in the last ``unwritten`` ms, or all."""
        self.down = True
        self.run += 1
        cut = -1.0 if everything else self.time.now - unwritten
        kept = [(at, event) for at, event in self._written if at <= cut]
        self.lost |= {event.id for at, event in self._written if at > cut}
        self._written = kept
        self.events = [event for event in self.events if event.id not in self.lost]
        self.heads = {event.topic: event.id for _, event in kept}
        fenced_at, clock = self._last_fence
        self.clock = max([clock if fenced_at <= cut else 0, *self.heads.values()])
        if everything:
            self.floor = None
        self.on_restart()

    def come_back(self) -> None:
        self.down = False

    def ensure_fenced(self, seen: int) -> None:
        """What archive/fencer.py and lua/fence.lua do; ``seen``: what its worker has seen."""
        if self._fenced_for == self.run:
            return
        survived, reached = self.clock, max(self.clock, seen, self.next_id())
        self._fence_mark = max(reached, self._fence_mark) + FENCE_STEP
        self.clock = max(survived + FENCE_STEP, self._fence_mark)
        self._last_fence = (self.time.now, self.clock)
        if self.floor is None:
            self.floor = self.clock
        self._fenced_for = self.run
        self.memberships.clear()
        for (user, room), joined in self.members.items():
            if joined is not None:
                self.memberships[user][room] = joined
        if survived:
            lost = [entry for id, entry in self.made if id in self.lost]
            self.outbox.extendleft(reversed(lost))
        self.made = [(id, entry) for id, entry in self.made if id not in self.lost]
