"""The join of history and live: exactly the reader's events, once, in the order of their ids."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.domain.simulated_log import Memberships, SimulatedLog, topics_of
from tornchat.domain.events import Event
from tornchat.domain.ids import MAX_ID
from tornchat.domain.join import Join
from tornchat.domain.topics import SPACE, room_topic, user_topic

ANA, BUDI = "ana", "budi"
ROOMS = ("kitchen", "garden", "roof")
TOPICS = (SPACE, user_topic(ANA), user_topic(BUDI), *map(room_topic, ROOMS))

people = st.sampled_from([ANA, BUDI])
rooms = st.sampled_from(ROOMS)
topics = st.sampled_from(TOPICS)


class Confirmation:
    """What Redis says on the subscription once a topic is subscribed."""

    def __init__(self, topic: str) -> None:
        self.topic = topic


class ReaderOfTheLog(RuleBasedStateMachine):
    """Ana's reader, its subscription (first in, first out), and everything that can happen between
    two of its steps.

    Redis carries a command out some time after it was sent, and its reply comes some time after
    that: a ``yield`` stands for each.
    """

    @initialize(
        before=st.lists(topics, max_size=6),
        joined=st.sets(rooms),
        start=st.integers(0, 12),
    )
    def begin(self, before: list[str], joined: set[str], start: int) -> None:
        self.log = SimulatedLog()
        for room in sorted(joined):
            self.log.join(ANA, room)
        for topic in before:
            self.log.append(topic)
        self.start = min(start, self.log.clock)
        self.join = Join(ANA, self.start)
        self.wire: deque[Event | Confirmation] = deque()
        self.subscribed: set[str] = set()
        self.confirmed: set[str] = set()
        self.sent: list[Event] = []
        self.joins: list[tuple[int, int, Memberships]] = []
        self.log.publish = self.published
        self.process: Generator[None, None, None] | None = self.enter()

    # -- what others do

    @rule(topic=topics)
    def say(self, topic: str) -> None:
        self.log.append(topic)

    @rule(user=people, room=rooms)
    def come_or_go(self, user: str, room: str) -> None:
        if room in self.log.memberships[user]:
            self.log.leave(user, room)
        else:
            self.log.join(user, room)

    # -- the reader

    def published(self, event: Event) -> None:
        if event.topic in self.subscribed:
            self.wire.append(event)

    def enter(self) -> Generator[None, None, None]:
        """The steps of hub/joining.py."""
        cursor = self.join.cursor
        wanted = topics_of(ANA, dict(self.log.memberships[ANA]))
        yield
        while True:
            for topic in wanted.keys() - self.subscribed:
                self.subscribed.add(topic)
                self.wire.append(Confirmation(topic))
            while not wanted.keys() <= self.confirmed:
                yield
            bound, memberships = self.log.clock, dict(self.log.memberships[ANA])
            yield
            now = topics_of(ANA, memberships)
            if now.keys() <= wanted.keys():
                break
            wanted = now
        self.subscribed &= now.keys()
        self.confirmed &= now.keys()
        self.join.enter(now)
        history: list[Event] = []
        for topic, since in now.items():
            yield
            history += self.log.read(topic, max(cursor, since), bound)
        self.joins.append((cursor, bound, memberships))
        for event in sorted(history, key=lambda event: event.id):
            if self.join.replay(event):
                self.sent.append(event)
            yield
        self.sent += self.join.complete(bound)

    @precondition(lambda self: self.process is not None)
    @rule()
    def step(self) -> None:
        assert self.process is not None
        try:
            next(self.process)
        except StopIteration:
            self.process = self.enter() if self.join.joining else None

    @precondition(lambda self: self.wire)
    @rule()
    def hear(self) -> None:
        heard = self.wire.popleft()
        if isinstance(heard, Confirmation):
            if heard.topic in self.subscribed:
                self.confirmed.add(heard.topic)
        elif heard.topic in self.confirmed:
            if self.join.offer(heard):
                self.sent.append(heard)
            if self.join.joining and self.process is None:
                self.process = self.enter()

    @precondition(lambda self: self.process is None)
    @rule()
    def be_told_to_join_again(self) -> None:
        self.join.begin()
        self.process = self.enter()

    @precondition(lambda self: not any(isinstance(heard, Event) for heard in self.wire))
    @rule()
    def beat(self) -> None:
        if self.process is None:
            self.join.raise_to(self.log.clock)

    # -- what must hold

    @invariant()
    def ids_increase(self) -> None:
        ids = [event.id for event in getattr(self, "sent", [])]
        assert ids == sorted(set(ids))

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        while self.process is not None or self.wire:
            if self.wire:
                self.hear()
            if self.process is not None:
                self.step()
        assert self.sent == self.what_the_model_sends()
        # The model itself is held against what anybody would demand of it.
        topics = topics_of(ANA, self.log.memberships[ANA])
        demanded = {
            event.id
            for event in self.log.events
            if event.id > max(self.start, topics.get(event.topic, MAX_ID))
        }
        assert demanded <= {event.id for event in self.sent}

    def what_the_model_sends(self) -> list[Event]:
        """Up to a bound what the log has for the memberships there; then each event as it takes
        effect, until one leads to the next join."""
        sent: list[Event] = []
        for number, (start, bound, memberships) in enumerate(self.joins):
            topics = topics_of(ANA, dict(memberships))
            last = number == len(self.joins) - 1
            end = MAX_ID if last else self.joins[number + 1][0]
            for event in self.log.events:
                if not max(start, topics.get(event.topic, MAX_ID)) < event.id <= max(end, bound):
                    continue
                sent.append(event)
                if event.id > bound and event.fields.get("user") == ANA:
                    topics.pop(room_topic(event.fields["room"]), None)
        return sent


TestReaderOfTheLog = ReaderOfTheLog.TestCase
TestReaderOfTheLog.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def said(id: int, topic: str, **fields: object) -> Event:
    return Event(id, 0, topic, {"kind": "message", **fields})


def live_reader(bound: int, **joined: int) -> Join:
    """Ana's reader, live since ``bound``, with the rooms that are named."""
    join = Join(ANA, bound)
    join.enter(topics_of(ANA, joined))
    assert join.complete(bound) == []
    return join


def test_what_waits_is_sent_in_the_order_of_ids_even_where_a_repair_brought_it_late() -> None:
    join = Join(ANA, 0)
    join.enter(topics_of(ANA, {"kitchen": 0, "garden": 0}))
    newer, late = said(12, room_topic("garden")), said(11, room_topic("kitchen"))
    for event in (newer, late, newer):
        assert not join.offer(event)
    assert join.complete(10) == [late, newer]


def test_what_is_not_logged_is_passed_on_live_and_never_kept() -> None:
    typing = said(0, room_topic("kitchen"))
    join = Join(ANA, 0)
    assert not join.offer(typing)
    join.enter(topics_of(ANA, {"kitchen": 1}))
    assert join.complete(5) == []
    assert join.offer(typing)
    assert join.cursor == 5
    assert not join.offer(said(0, room_topic("roof")))


def test_a_room_joined_in_mid_stream_stops_the_reader_at_the_event_that_says_so() -> None:
    join = live_reader(10, kitchen=1)
    opened = {"kind": "member.joined", "user": ANA, "room": "garden"}
    assert join.offer(Event(11, 0, user_topic(ANA), opened))
    assert join.joining
    assert not join.offer(said(12, room_topic("kitchen")))
    assert join.cursor == 11


def test_another_person_who_comes_or_goes_changes_nothing_for_me() -> None:
    join = live_reader(10, kitchen=1)
    for id, kind in ((11, "member.joined"), (12, "member.left")):
        event = Event(id, 0, room_topic("kitchen"), {"kind": kind, "user": BUDI, "room": "kitchen"})
        assert join.offer(event)
    assert not join.joining
    assert join.offer(said(13, room_topic("kitchen")))


def test_whoever_is_removed_sees_that_and_nothing_after() -> None:
    join = live_reader(10, kitchen=1)
    left = {"kind": "member.left", "user": ANA, "room": "kitchen"}
    assert join.offer(Event(11, 0, room_topic("kitchen"), left))
    assert not join.offer(said(12, room_topic("kitchen")))
    assert join.offer(Event(13, 0, user_topic(ANA), left))


def test_a_late_event_is_known_to_be_missed_unless_it_was_replayed() -> None:
    join = live_reader(10, kitchen=1)
    assert join.offer(said(20, room_topic("kitchen")))
    assert join.passed_over([15])
    assert not join.passed_over([9, 10, 21])


def test_what_was_missed_before_joining_again_is_still_known_to_be_missed() -> None:
    join = live_reader(10, kitchen=1)
    assert join.offer(said(20, room_topic("kitchen")))
    join.begin()
    join.enter(topics_of(ANA, {"kitchen": 1}))
    assert join.complete(30) == []
    assert join.passed_over([15])


def test_a_reader_that_joins_is_not_raised() -> None:
    join = live_reader(10)
    join.raise_to(8)
    assert join.cursor == 10
    join.raise_to(12)
    assert join.cursor == 12
    join.begin()
    join.raise_to(20)
    assert join.cursor == 12
