"""A log in memory with the promises of the real one: ids increase, each event names the one before
it in its topic, and an announcement is made in one step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tornchat.domain.events import Event
from tornchat.domain.ids import MAX_ID
from tornchat.domain.topics import SPACE, room_topic, user_topic

Memberships = dict[str, int]


def topics_of(user: str, memberships: Memberships) -> dict[str, int]:
    """What a user reads: topic -> the id above which it is theirs."""
    rooms = {room_topic(room): joined for room, joined in memberships.items()}
    return {SPACE: 0, user_topic(user): 0, **rooms}


class SimulatedLog:
    """``publish`` gets each event in the moment in which it is logged."""

    def __init__(self) -> None:
        self.clock = 0
        self.heads: dict[str, int] = {}
        self.events: list[Event] = []
        self.memberships: dict[str, Memberships] = defaultdict(dict)
        self.publish: Callable[[Event], None] = lambda event: None

    def append(self, topic: str, kind: str = "message", **fields: Any) -> Event:
        self.clock = self.next_id()
        event = Event(self.clock, self.heads.get(topic, 0), topic, {"kind": kind, **fields})
        self.heads[topic] = self.clock
        self.events.append(event)
        self.publish(event)
        return event

    def next_id(self) -> int:
        return self.clock + 1

    def join(self, user: str, room: str) -> int:
        """Announce that ``user`` is a member now; gives the joined_id."""
        fields = {"kind": "member.joined", "user": user, "room": room}
        joined = self.append(user_topic(user), **fields).id
        self.memberships[user][room] = joined
        self.append(room_topic(room), **fields)
        return joined

    def leave(self, user: str, room: str) -> int:
        """Announce that ``user`` is no member any more; gives the id of the room's event."""
        fields = {"kind": "member.left", "user": user, "room": room}
        left = self.append(room_topic(room), **fields).id
        self.memberships[user].pop(room, None)
        self.append(user_topic(user), **fields)
        return left

    def read(self, topic: str, low: int, high: int = MAX_ID) -> list[Event]:
        """The events of one topic in (low, high]."""
        return [event for event in self.events if event.topic == topic and low < event.id <= high]
