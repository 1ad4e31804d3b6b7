"""What a worker is told by a channel that loses things: in the end nothing is missing or misplaced."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.domain.simulated_log import SimulatedLog
from tornchat.domain.events import Event
from tornchat.domain.sequence import Sequence

TOPICS = ("room:kitchen", "room:garden")
topics = st.sampled_from(TOPICS)


class Pulse:
    """The clock and the heads in one instant."""

    def __init__(self, log: SimulatedLog) -> None:
        self.clock = log.clock
        self.heads = dict(log.heads)


class LossyChannel(RuleBasedStateMachine):
    """One worker's subscription: frames get lost, connections break, topics come and go.

    Each ``yield`` of a process is a moment in which anything else may happen.
    """

    @initialize(before=st.lists(topics, max_size=4), followed=st.sets(topics))
    def begin(self, before: list[str], followed: set[str]) -> None:
        self.log = SimulatedLog()
        self.wire: deque[Event | Pulse] = deque()
        self.connected = True
        self.losing = False
        self.followed: dict[str, int] = {}
        self.joining: dict[str, Generator[None, None, None]] = {}
        self.since: dict[str, int] = {}
        self.handed: list[Event] = []
        self.repair: Generator[None, None, None] | None = None
        for topic in before:
            self.log.append(topic)
        self.log.publish = self.published
        self.sequence = Sequence()
        self.sequence.start(self.log.clock)
        self.follows = 0
        for topic in sorted(followed):
            self.follow(topic)
            self.learn_the_head(topic)
            self.learn_the_head(topic)

    # -- the log and the wire

    def published(self, event: Event) -> None:
        if self.connected and event.topic in self.followed and not self.losing:
            self.wire.append(event)

    @rule(topic=topics)
    def say(self, topic: str) -> None:
        self.log.append(topic)

    @rule(topic=topics)
    def say_what_gets_lost(self, topic: str) -> None:
        self.losing = True
        self.log.append(topic)
        self.losing = False

    @precondition(lambda self: self.connected)
    @rule()
    def pulse(self) -> None:
        self.wire.append(Pulse(self.log))

    @precondition(lambda self: self.connected)
    @rule()
    def lose_the_connection(self) -> None:
        self.connected = False
        self.wire.clear()
        self.repair = None
        self.sequence.hold()

    @precondition(lambda self: not self.connected)
    @rule()
    def connect(self) -> None:
        self.connected = True

    @precondition(lambda self: self.wire)
    @rule()
    def hear(self) -> None:
        heard = self.wire.popleft()
        if isinstance(heard, Pulse):
            self.sequence.pulse(heard.clock, {topic: heard.heads.get(topic, 0) for topic in self.followed})
        elif heard.topic in self.followed and self.sequence.offer(heard):
            self.handed.append(heard)

    # -- topics

    @precondition(lambda self: self.connected)
    @rule(topic=topics)
    def follow(self, topic: str) -> None:
        """A reader comes. Its join reads where the log stands, and learns it a moment later."""
        if topic not in self.followed:
            self.follows += 1
            self.followed[topic] = self.follows
            self.joining[topic] = self.join(topic)

    def join(self, topic: str) -> Generator[None, None, None]:
        clock, head = self.log.clock, self.log.heads.get(topic, 0)
        yield
        self.sequence.baseline(topic, head)
        self.since[topic] = clock

    @rule(topic=topics)
    def learn_the_head(self, topic: str) -> None:
        if topic in self.joining and next(self.joining[topic], "done") == "done":
            del self.joining[topic]

    @rule(topic=topics)
    def forget(self, topic: str) -> None:
        if topic in self.followed:
            self.wire = deque(
                heard
                for heard in self.wire
                if isinstance(heard, Pulse) or heard.topic != topic
            )
            del self.followed[topic]
            self.joining.pop(topic, None)
            self.since.pop(topic, None)
            self.sequence.forget(topic)

    # -- the repair: the steps of log/bus.py

    def repairing(self) -> Generator[None, None, None]:
        clock, heads = self.log.clock, {topic: self.log.heads.get(topic, 0) for topic in self.followed}
        yield
        lows = self.sequence.lows(heads)
        history: list[Event] = []
        for topic, low in lows.items():
            yield
            history += self.log.read(topic, low, clock)
        yield
        heads = {topic: head for topic, head in heads.items() if topic in self.followed}
        self.handed += self.sequence.resume(clock, heads, history)

    @precondition(lambda self: self.connected and self.sequence.holding)
    @rule()
    def go_on_with_the_repair(self) -> None:
        if self.repair is None:
            self.repair = self.repairing()
        if next(self.repair, "done") == "done":
            self.repair = None

    # -- what must hold

    def settle(self) -> None:
        """Everything arrives, a last pulse shows what is missing, and it is repaired."""
        if not self.connected:
            self.connect()
        for _ in range(2):
            for topic in list(self.joining):
                self.learn_the_head(topic)
        for _ in range(len(TOPICS) + 1):
            self.pulse()
            while self.wire:
                self.hear()
            while self.sequence.holding:
                self.go_on_with_the_repair()

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        self.settle()
        assert self.sequence.last == self.log.clock
        for topic, since in self.since.items():
            first_time: dict[int, Event] = {}
            for event in self.handed:
                if event.topic == topic and event.id > since:
                    first_time.setdefault(event.id, event)
            assert list(first_time.values()) == self.log.read(topic, since), topic


TestLossyChannel = LossyChannel.TestCase
TestLossyChannel.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
