"""What the checker judges: what readers saw, who was in which room when, and what is stored."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.client import Hooks
from probes.ledger import Ledger, digest_of
from tornchat.domain.ids import MAX_ID


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of a topic. What its kind does not have is empty."""

    id: int
    prev: int
    topic: str
    kind: str
    room: str = ""
    user: str = ""
    author: str = ""
    nonce: str = ""
    digest: int = 0


def seen(event: Mapping[str, Any]) -> Seen:
    """An event as a client gets it. Texts are shared between the notes of all readers."""
    intern = sys.intern
    return Seen(
        event["id"],
        event["prev"],
        intern(event["topic"]),
        intern(event["kind"]),
        intern(event.get("room", "")),
        intern(event.get("user", "")),
        intern(event.get("author", "")),
        intern(event.get("nonce", "")),
        digest_of(event["body"]) if "body" in event else 0,
    )


def is_move(event: Seen) -> bool:
    """Whether it tells a room that somebody came or went."""
    return event.kind in ("member.joined", "member.left") and event.topic.startswith("room:")


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream or a poll began at this cursor."""

    cursor: int
    stream: bool = True


@dataclass(frozen=True, slots=True)
class Closed:
    """It ended; ``heard`` is when the last of it came, in seconds on the clock of the run."""

    heard: float


@dataclass(frozen=True, slots=True)
class Position:
    """The server said: everything up to here has come."""

    id: int


@dataclass(frozen=True, slots=True)
class Swallowed:
    """A fault took this event out of the line between Redis and a server."""

    event: Seen
    at: float


@dataclass(frozen=True, slots=True)
class Reset:
    """The reader stood at ``low``, was told to reload, and went on from ``high``."""

    low: int
    high: int


Step = Seen | Opened | Closed | Position | Reset


@dataclass(slots=True)
class Witness(Hooks):
    """A reader's notes. ``start`` is the cursor that it began with."""

    name: str
    user: str
    start: int
    steps: list[Step] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    moves: list[Seen] = field(default_factory=list)
    """Those of the steps that say that somebody came or went."""
    events: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """How its visits ended."""
    by_transport: Counter[str] = field(default_factory=Counter)
    """Events that came by each transport."""
    _transport: str = ""
    _heard: float = 0.0

    def opened(self, transport: str, worker: str, cursor: int) -> None:
        self._transport = transport
        self._heard = time.monotonic()
        self.steps.append(Opened(cursor, bool(worker)))

    def event(self, event: dict[str, Any]) -> None:
        if "id" not in event:
            return  # not logged, so nothing is promised of it
        self._heard = time.monotonic()
        self.events += 1
        self.by_transport[self._transport] += 1
        step = seen(event)
        self.steps.append(step)
        if is_move(step):
            self.moves.append(step)

    def position(self, id: int) -> None:
        self._heard = time.monotonic()
        place = Position(id)
        if not self.steps or self.steps[-1] != place:
            self.steps.append(place)

    def reset(self, low: int, high: int) -> None:
        self.steps.append(Reset(low, high))

    def closed(self, why: str) -> None:
        self.steps.append(Closed(self._heard))
        if why:
            self.ends[why] += 1

    def broken(self, what: str) -> None:
        self.complaints.append(what)


@dataclass(frozen=True, slots=True)
class Stay:
    """A membership: events of the room from ``first`` to ``last`` are the member's."""

    first: int
    last: int = MAX_ID

    def holds(self, id: int) -> bool:
        return self.first <= id <= self.last

    @property
    def open(self) -> bool:
        return self.last == MAX_ID


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as the history has it."""

    id: int
    author: str
    nonce: str
    digest: int


@dataclass(frozen=True, slots=True)
class RoomShown:
    """A room in somebody's snapshot."""

    head: int
    last_read: int
    unread: int
    members: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What somebody is shown first."""

    user: str
    cursor: int
    rooms: Mapping[str, RoomShown]


@dataclass(slots=True)
class Evidence:
    """Everything about one run.

    ``members``: (room, user) of those who were in a room before the first reader began.
    ``floor``: the highest that ``/metrics`` named, 0 where it was not asked.
    """

    ledger: Ledger
    witnesses: list[Witness]
    members: set[tuple[str, str]]
    histories: dict[str, list[Stored]] = field(default_factory=dict)
    snapshots: list[Snapshot] = field(default_factory=list)
    swallowed: list[Swallowed] = field(default_factory=list)
    floor: int = 0


def all_events(evidence: Evidence) -> Iterator[Seen]:
    """Every event that anybody saw, as often as it was seen, and those that were swallowed."""
    for swallowed in evidence.swallowed:
        yield swallowed.event
    for witness in evidence.witnesses:
        for step in witness.steps:
            if isinstance(step, Seen):
                yield step


def room_events(events: Iterable[Seen]) -> dict[str, dict[int, Seen]]:
    """Those of rooms: room -> id -> event."""
    found: dict[str, dict[int, Seen]] = {}
    for event in events:
        if event.topic.startswith("room:"):
            found.setdefault(event.room, {}).setdefault(event.id, event)
    return found


def stays(
    members: Iterable[tuple[str, str]], events: Mapping[str, Mapping[int, Seen]]
) -> dict[tuple[str, str], list[Stay]]:
    """(room, user) -> their stays, out of those who were there first and what the rooms said.

    A newcomer is told before the room is, in one step: so the room's own event is the first that
    is theirs. The room is told first of one who goes, and that is the last.
    """
    found = {place: [Stay(0)] for place in members}
    for room, said in events.items():
        for id in sorted(said):
            event = said[id]
            place = found.setdefault((room, event.user), []) if event.user else []
            if event.kind == "member.joined" and not (place and place[-1].open):
                place.append(Stay(id))
            elif event.kind == "member.left" and place and place[-1].open:
                place[-1] = Stay(place[-1].first, id)
    return found
