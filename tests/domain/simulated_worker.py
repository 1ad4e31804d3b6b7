"""One worker in the simulated world: the steps of log/bus.py and hub/hub.py around a `Sequence`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.domain.simulated_world import STEP, Away, Call, Link, Process, SimulatedRedis
from tornchat.domain.events import Event
from tornchat.domain.sequence import Sequence

if TYPE_CHECKING:
    from tests.domain.simulated_reader import Reader

PULSE, DEAF, BEAT, PAUSE = 300.0, 900.0, 250.0, 3000.0


class Subscription:
    """A worker's pub/sub connection. ``topics``: what Redis has subscribed it to."""

    def __init__(self, worker: Worker) -> None:
        self.there, self.back = Link(worker.time), Link(worker.time)
        self.topics: set[str] = set()
        self.run = worker.redis.run

    def cut(self) -> None:
        self.there.alive = self.back.alive = False


class Worker:
    """The bus and the hub of one process."""

    def __init__(self, redis: SimulatedRedis, sequence: Sequence, loss: float) -> None:
        self.redis, self.time, self.sequence, self.loss = redis, redis.time, sequence, loss
        self.requests, self.replies = Link(self.time), Link(self.time)
        self.wanted: Counter[str] = Counter()
        self.unconfirmed: Counter[str] = Counter()
        self.subscription: Subscription | None = Subscription(self)
        self.run, self.heard, self.held_since = redis.run, 0.0, 0.0
        self.hub: dict[str, dict[Reader, None]] = defaultdict(dict)
        self.readers: dict[Reader, None] = {}
        sequence.start(redis.clock)
        for process in (self.keep(), self.pulses(), self.beats()):
            self.time.spawn(process)

    def call(self, command: Callable[[], Any]) -> Call:
        return Call(self.redis, self, command)

    # -- log/bus.py

    def follow(self, topic: str) -> None:
        self.wanted[topic] += 1
        if self.wanted[topic] == 1 and self.subscription is not None:
            self.subscribe(self.subscription, topic)

    def unfollow(self, topic: str) -> None:
        self.wanted[topic] -= 1
        if not self.wanted[topic]:
            del self.wanted[topic]
            self.sequence.forget(topic)
            if self.subscription is not None:
                self.subscription.there.carry(self.subscription.topics.discard, topic)

    def subscribe(self, to: Subscription, topic: str) -> None:
        def arrive() -> None:
            to.topics.add(topic)
            to.back.carry(self.confirm, topic)

        self.unconfirmed[topic] += 1
        to.there.carry(arrive)

    def confirm(self, topic: str) -> None:
        self.unconfirmed[topic] -= 1

    def confirmed(self, topics: Iterable[str]) -> bool:
        return self.subscription is not None and not any(self.unconfirmed[t] for t in topics)

    def publish(self, event: Event) -> None:
        to = self.subscription
        if to is not None and event.topic in to.topics and self.time.random.random() >= self.loss:
            to.back.carry(self.hear, event)

    def hear(self, event: Event) -> None:
        heard = event.topic in self.wanted and not self.unconfirmed[event.topic]
        if heard and self.sequence.offer(event):
            self.hand_on(event)

    def pulse(self, to: Subscription) -> None:
        """What lua/pulse.lua does."""
        to.back.carry(self.hear_pulse, self.redis.clock, dict(self.redis.heads))

    def hear_pulse(self, clock: int, heads: dict[str, int]) -> None:
        self.heard = self.time.now
        self.sequence.pulse(clock, {topic: heads.get(topic, 0) for topic in self.wanted})

    def lose(self) -> None:
        if self.subscription is not None:
            self.subscription.cut()
            self.subscription = None
            self.unconfirmed.clear()
            self.sequence.hold()

    def pulses(self) -> Process:
        while True:
            if to := self.subscription:
                with suppress(Away):
                    yield self.call(partial(self.pulse, to))
            yield PULSE
            if self.subscription is not None and self.time.now - self.heard > DEAF:
                self.lose()
            if self.sequence.holding and self.time.now - self.held_since > PAUSE:
                self.held_since = self.time.now
                for reader in list(self.readers):
                    reader.close()

    def keep(self) -> Process:
        while True:
            while not self.sequence.holding:
                self.held_since = self.time.now
                yield STEP
            try:
                if self.subscription is None:
                    yield from self.connect()
                if self.sequence.holding:
                    yield from self.repair()
            except Away:
                yield 50

    def connect(self) -> Process:
        yield self.time.latency()
        if self.redis.down:
            raise Away
        self.subscription = to = Subscription(self)
        self.heard = self.time.now
        topics = list(self.wanted)
        for topic in topics:
            self.subscribe(to, topic)
        while not self.confirmed(topics):
            yield STEP
            if self.subscription is not to:
                raise Away

    def repair(self) -> Process:
        redis, sequence = self.redis, self.sequence
        wanted = list(self.wanted)
        clock, heads, run = yield self.call(
            lambda: (redis.clock, {t: redis.heads.get(t, 0) for t in wanted}, redis.run)
        )
        to = self.subscription
        if to is None or to.run != run:
            raise Away
        base, holes = sequence.last, sequence.missing
        history: list[Event] = []
        lows = sequence.lows(heads)
        for topic, low in lows.items():
            history += yield self.call(partial(redis.read, topic, low, clock))
        floor = yield self.call(lambda: redis.floor)
        if self.subscription is not to:
            return
        heads = {topic: head for topic, head in heads.items() if topic in self.wanted}
        fenced, self.run = self.run != run, run
        if holes is None and base < floor:
            history = []
            for reader in list(self.readers):
                reader.reset()
        for topic, low in lows.items():
            late = [event.id for event in history if event.topic == topic and event.id <= base]
            trimmed = holes is not None and low < floor
            for reader in list(self.hub[topic]) if late or trimmed else []:
                if trimmed or reader.join.passed_over(late):
                    reader.reset()
        if fenced:
            for reader in list(self.readers):
                reader.join_again()
        for event in sequence.resume(clock, heads, history):
            self.hand_on(event)

    # -- hub/hub.py

    def hand_on(self, event: Event) -> None:
        for reader in list(self.hub[event.topic]):
            reader.take(event)

    def beats(self) -> Process:
        while True:
            yield BEAT
            healthy = self.subscription is not None and not self.sequence.holding
            for reader in self.readers:
                if healthy:
                    reader.join.raise_to(self.sequence.last)
                if reader.greeted:
                    reader.link.carry(reader.client.hear_cursor, reader.join.cursor)
