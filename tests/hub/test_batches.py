"""Batches against events taken one by one: every reader is sent exactly the same."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hub.quiet_hub import Follower, quiet_hub, topics_of
from tornchat.domain.events import Event
from tornchat.domain.join import Join
from tornchat.domain.topics import SPACE, room_topic, user_topic
from tornchat.hub import fanout
from tornchat.wire import sse, websocket

PEOPLE = ("ana", "budi", "citra")
ROOMS = ("kitchen", "garden", "roof")

people, rooms = st.sampled_from(PEOPLE), st.sampled_from(ROOMS)
said = st.tuples(st.just("say"), rooms)
happens = st.one_of(
    said,
    said,
    said,
    st.tuples(st.just("read"), people),
    st.tuples(st.just("type"), rooms),
    st.tuples(st.just("space")),
    st.tuples(st.just("leave"), people, rooms),
    st.tuples(st.just("join"), people, rooms),
    st.tuples(st.just("again"), rooms, st.integers(1, 5)),
)
readers = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("batch"), st.lists(happens, min_size=1, max_size=20)),
    st.tuples(st.just("batch"), st.lists(happens, min_size=1, max_size=20)),
    st.tuples(st.just("pause"), readers),
    st.tuples(st.just("live"), readers),
    st.tuples(st.just("go"), readers),
)


@dataclass
class OneByOne:
    """Takes every event by itself."""

    join: Join
    framing: Any
    following: set[str]
    sent: list[bytes] = field(default_factory=list)
    gone: bool = False

    def hand_on(self, event: Event) -> None:
        if event.topic in self.following and self.join.offer(event):
            self.send(event)

    def send(self, event: Event) -> None:
        self.sent.append(self.framing.encode_event(event))
        if not self.join.joining:
            self.following &= self.join.topics.keys()


class Log:
    """Makes events; ``again`` brings one with an id from before, as a repair may."""

    def __init__(self) -> None:
        self.clock = 10

    def event(self, what: tuple[Any, ...]) -> Event:
        self.clock += 1
        match what:
            case "say", room:
                return self._event(room_topic(room), kind="message", room=room)
            case "read", user:
                return self._event(user_topic(user), kind="read", user=user)
            case "type", room:
                return Event(0, 0, room_topic(room), {"kind": "aside", "at": 0})
            case ("space",):
                return self._event(SPACE, kind="room.created", room="x")
            case "leave", user, room:
                return self._event(user_topic(user), kind="member.left", user=user, room=room)
            case "join", user, room:
                return self._event(user_topic(user), kind="member.joined", user=user, room=room)
            case "again", room, back:
                fields = {"kind": "message", "room": room, "at": 0}
                return Event(self.clock - back, 0, room_topic(room), fields)
            case _:
                raise AssertionError(what)

    def _event(self, topic: str, **fields: str) -> Event:
        return Event(self.clock, 0, topic, {**fields, "at": 0})


async def compare(history: list[tuple[str, Any]]) -> None:
    log = Log()
    async with quiet_hub() as hub:
        pairs: list[tuple[Follower, OneByOne]] = []
        for number in range(6):
            user, framing = PEOPLE[number % 3], (sse, websocket)[number // 4]
            topics = topics_of(user, *ROOMS[: 1 + number // 2])
            alone = OneByOne(Join(user, 10), framing, set(topics))
            alone.join.enter(topics)
            alone.join.complete(10)
            pairs.append((Follower(hub, user, topics, 10, framing), alone))
        for kind, what in history:
            if kind == "batch":
                events = [log.event(each) for each in what]
                hub.hand_on(events)
                hub.last()
                for event in events:
                    for _, alone in pairs:
                        alone.hand_on(event)
                continue
            follower, alone = pairs[what]
            if alone.gone:
                continue
            if kind == "go":
                follower.reader.close()
                alone.gone, alone.following = True, set()
            elif kind == "pause":
                follower.reader.join.begin()
                alone.join.begin()
            elif alone.join.joining:
                # Whatever would have joined again by itself does so here.
                if follower.reader.task is not None:
                    follower.reader.task.cancel()
                    follower.reader.task = None
                topics = topics_of(alone.join.user, *ROOMS)
                follower.enter(topics)
                follower.reader.go_live(log.clock)
                alone.join.enter(topics)
                alone.following = set(topics)
                for event in alone.join.complete(log.clock):
                    alone.send(event)
        for follower, alone in pairs:
            assert follower.received() == b"".join(alone.sent)
            assert follower.reader.join.cursor == alone.join.cursor
            follower.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=12), st.sampled_from([(1, 3, 50), (256, 64, 65536)]))
def test_batches_send_every_reader_what_single_events_would(
    history: list[tuple[str, Any]], limits: tuple[int, int, int]
) -> None:
    before = fanout.SLICE, fanout.RUN, fanout.PIECE_BYTES
    fanout.SLICE, fanout.RUN, fanout.PIECE_BYTES = limits
    try:
        asyncio.run(compare(history))
    finally:
        fanout.SLICE, fanout.RUN, fanout.PIECE_BYTES = before
