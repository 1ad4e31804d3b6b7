"""A worker's subscription in a world that loses things, around a real `Sequence`."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

from tests.domain.simulated_log import SimulatedLog
from tornchat.domain.events import Event
from tornchat.domain.sequence import Sequence

TOPICS = ("room:kitchen", "room:garden")


class Pulse:
    """The clock and the heads in one instant."""

    def __init__(self, log: SimulatedLog) -> None:
        self.clock = log.clock
        self.heads = dict(log.heads)


class LossyChannel:
    """One method for each thing that can happen; one that cannot happen now does nothing.

    A ``yield`` in a process is a moment in which anything else may happen. ``handed`` is what was
    handed on; ``since`` names, for the topics with a baseline, the clock from which on a reader
    relies on being told.
    """

    def __init__(self, sequence: Sequence) -> None:
        self.log = SimulatedLog()
        self.log.publish = self._published
        self.sequence = sequence
        self.sequence.start(0)
        self.connected = True
        self.handed: list[Event] = []
        self.since: dict[str, int] = {}
        self._heard_before: dict[str, int] = {}
        self._wire: deque[Event | Pulse] = deque()
        self._losing = False
        self._followed: set[str] = set()
        self._joining: dict[str, Generator[None, None, None]] = {}
        self._repair: Generator[None, None, None] | None = None

    # -- what is said, and what becomes of it

    def say(self, topic: str) -> None:
        self.log.append(topic)

    def say_what_gets_lost(self, topic: str) -> None:
        self._losing = True
        self.log.append(topic)
        self._losing = False

    def pulse(self, topic: str = "") -> None:
        if self.connected:
            self._wire.append(Pulse(self.log))

    def hear(self, topic: str = "") -> None:
        if not self._wire:
            return
        heard = self._wire.popleft()
        if isinstance(heard, Pulse):
            heads = {topic: heard.heads.get(topic, 0) for topic in self._followed}
            self.sequence.pulse(heard.clock, heads)
        elif self.sequence.offer(heard):
            self.handed.append(heard)

    def lose_the_connection(self, topic: str = "") -> None:
        if self.connected:
            self.connected = False
            self._wire.clear()
            self._repair = None
            self.sequence.hold()

    def connect(self, topic: str = "") -> None:
        self.connected = True

    def _published(self, event: Event) -> None:
        if self.connected and event.topic in self._followed and not self._losing:
            self._wire.append(event)

    # -- topics come and go

    def follow(self, topic: str) -> None:
        """A reader comes: the topic is subscribed, and later its join learns the head."""
        if self.connected and topic not in self._followed:
            self._followed.add(topic)
            self._joining[topic] = self._join(topic)

    def go_on_with_the_join(self, topic: str) -> None:
        if topic in self._joining and next(self._joining[topic], "done") == "done":
            del self._joining[topic]

    def _join(self, topic: str) -> Generator[None, None, None]:
        clock, head = self.log.clock, self.log.heads.get(topic, 0)
        yield
        self.sequence.baseline(topic, head)
        self.since[topic] = clock
        self._heard_before[topic] = len(self.handed)

    def forget(self, topic: str) -> None:
        if topic in self._followed:
            self._followed.discard(topic)
            self._joining.pop(topic, None)
            self.since.pop(topic, None)
            self._wire = deque(
                heard for heard in self._wire if isinstance(heard, Pulse) or heard.topic != topic
            )
            self.sequence.forget(topic)

    # -- the repair: the steps of log/bus.py

    def go_on_with_the_repair(self, topic: str = "") -> None:
        if not self.connected or not self.sequence.holding:
            return
        if self._repair is None:
            self._repair = self._repairing()
        if next(self._repair, "done") == "done":
            self._repair = None

    def _repairing(self) -> Generator[None, None, None]:
        clock = self.log.clock
        heads = {topic: self.log.heads.get(topic, 0) for topic in self._followed}
        yield
        history: list[Event] = []
        for topic, low in self.sequence.lows(heads).items():
            yield
            history += self.log.read(topic, low, clock)
        yield
        heads = {topic: head for topic, head in heads.items() if topic in self._followed}
        self.handed += self.sequence.resume(clock, heads, history)

    # -- the end

    def settle(self) -> None:
        """Everything arrives, a last pulse shows what is missing, and it is repaired."""
        self.connect()
        for topic in list(self._joining):
            self.go_on_with_the_join(topic)
            self.go_on_with_the_join(topic)
        for _ in range(len(TOPICS) + 1):
            self.pulse()
            while self._wire:
                self.hear()
            for _ in range(100):
                self.go_on_with_the_repair()
            assert not self.sequence.holding, "the repair does not end"

    def check(self) -> None:
        """Nothing is missing; and nothing is misplaced, save what came before the baseline, which a
        reader that joins puts in order."""
        assert self.sequence.last == self.log.clock
        for topic, since in self.since.items():
            expected = [event.id for event in self.log.read(topic, since)]
            mine = [
                (place, event.id)
                for place, event in enumerate(self.handed)
                if event.topic == topic and event.id > since
            ]
            assert sorted({id for _, id in mine}) == expected, f"missing in {topic}"
            later = list(
                dict.fromkeys(id for place, id in mine if place >= self._heard_before[topic])
            )
            assert later == sorted(later), f"misplaced in {topic}"
