"""Was every promise kept? Values in, violations out; nothing here knows how they came about.

The promises are those of ``docs/protocol.md``: every accepted message exactly once, in the order of
ids, to every member and to nobody else, each event naming the one before it, and whatever could not
be kept said with a reset.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from probes.evidence import (
    Closed,
    Evidence,
    Opened,
    Position,
    Reset,
    Seen,
    Stay,
    Step,
    Witness,
    all_events,
    room_events,
)
from probes.evidence import stays as all_stays
from probes.ledger import Accepted, by_id

REPLAY_LIMIT = 2000
"""Events that a reader may be behind, by the protocol, before it is told to reload."""
COUNTED = 900
"""Unread messages are counted exactly up to about 1,000."""
NOTICE_SECONDS = 5.0
"""In which a server notices that it has passed an event over: a pulse is sent each second."""


class Wrong(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    LEAKED = "leaked"
    CHAIN = "broken chain"
    RESET = "unexplained reset"
    FORGED = "forged"
    MEMBERSHIP = "membership"
    HISTORY = "history"
    SNAPSHOT = "snapshot"
    PROTOCOL = "protocol"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Violation:
    """``who`` is a reader, or what else tells it; ``ids`` are those of events."""

    what: Wrong
    who: str
    room: str = ""
    ids: tuple[int, ...] = ()
    detail: str = ""

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.ids[:5]))
        more = f" and {len(self.ids) - 5} more" if len(self.ids) > 5 else ""
        where = f" in room {self.room}" if self.room else ""
        ids = f": {shown}{more}" if self.ids else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.what}: {self.who}{where}{ids}{detail}"


@dataclass(slots=True)
class Facts:
    """What is worked out once for all readers. ``topics``: topic -> ids of its events, in order."""

    evidence: Evidence
    ledger: Mapping[int, Accepted]
    posted: Mapping[tuple[str, str, str], int]
    by_room: Mapping[str, list[int]]
    stays: Mapping[tuple[str, str], list[Stay]]
    events: Mapping[str, Mapping[int, Seen]]
    topics: Mapping[str, list[int]]

    @classmethod
    def of(cls, evidence: Evidence) -> Facts:
        events = room_events(all_events(evidence))
        accepted = evidence.ledger.accepted
        topics: dict[str, set[int]] = {}
        rooms: dict[str, list[int]] = {}
        for message in accepted:
            rooms.setdefault(message.room, []).append(message.id)
            topics.setdefault(f"room:{message.room}", set()).add(message.id)
        for event in all_events(evidence):
            topics.setdefault(event.topic, set()).add(event.id)
        return cls(
            evidence,
            by_id(accepted),
            {(m.room, m.author, m.nonce): m.id for m in accepted},
            {room: sorted(ids) for room, ids in rooms.items()},
            all_stays(evidence.members, events),
            events,
            {topic: sorted(ids) for topic, ids in topics.items()},
        )

    def rooms_of(self, user: str) -> dict[str, list[Stay]]:
        """room -> stays of one person."""
        return {room: stays for (room, who), stays in self.stays.items() if who == user}


@dataclass(frozen=True, slots=True)
class Verdict:
    """No violations where all promises were kept. ``shown_by_prev`` counts the events that were
    swallowed while a reader was there that left before a server could notice: see `_Reading`."""

    violations: list[Violation]
    shown_by_prev: int


def check(evidence: Evidence) -> Verdict:
    """Everything that is wrong."""
    facts = Facts.of(evidence)
    found: list[Violation] = []
    shown_by_prev = 0
    for witness in evidence.witnesses:
        reading = _Reading(witness, facts)
        found += reading.all()
        shown_by_prev += len(reading.excused)
    found += _ledger(evidence)
    found += _memberships(facts)
    found += _histories(facts)
    found += _snapshots(facts)
    return Verdict(found, shown_by_prev)


class _Reading:
    """Walks through the notes of one reader.

    Of an event that a fault swallowed a server learns by the next event of its topic, or by the
    pulse, and then repairs, or resets the readers that have passed it. A stream that passed it and
    broke or fell silent before that is beyond the server's reach: there ``prev`` of the next event
    shows the hole, as the protocol says. Such events are ``excused``. Polls answer from the log and
    have no excuse.
    """

    def __init__(self, witness: Witness, facts: Facts) -> None:
        self.seen: set[int] = set()
        self.excused: set[int] = set()
        self._witness = witness
        self._facts = facts
        self._mine = facts.rooms_of(witness.user)
        self._topics = {f"room:{room}" for room in self._mine}
        self._topics |= {f"user:{witness.user}", "space"}
        self._swallowed = [
            (swallowed.event.id, swallowed.at)
            for swallowed in facts.evidence.swallowed
            if swallowed.event.topic in self._topics
        ]
        self._gaps: list[Reset] = []
        self._left_to_history: set[int] = set()
        self._last = self._opened = witness.start
        self._in_stream = False
        self._known: dict[str, int] = {}

    def all(self) -> Iterator[Violation]:
        """Everything that is wrong with what this reader saw."""
        name = self._witness.name
        for complaint in self._witness.complaints:
            yield Violation(Wrong.PROTOCOL, name, detail=complaint)
        for step in self._witness.steps:
            yield from self.take(step)
        for room, stays in self._mine.items():
            missing = [id for stay in stays for id in self.due(room, stay) if id not in self.seen]
            if missing:
                yield Violation(Wrong.LOST, name, room, tuple(missing))

    def due(self, room: str, stay: Stay) -> list[int]:
        """The messages of a stay that must have come.

        A reader that comes back has the memberships of that moment. So of a stay that was over by
        then the end may be missing, but nothing before what was seen.
        """
        start = self._witness.start
        ids = [id for id in self._facts.by_room.get(room, []) if stay.holds(id) and id > start]
        if not stay.open:
            topic = self._facts.topics.get(f"room:{room}", [])
            came = [id for id in topic if stay.holds(id) and id in self.seen]
            ids = [id for id in ids if came and id <= came[-1]]
        ids = [id for id in ids if id not in self._left_to_history | self.excused]
        return [id for id in ids if not any(gap.low < id <= gap.high for gap in self._gaps)]

    def take(self, step: Step) -> Iterator[Violation]:
        name = self._witness.name
        match step:
            case Opened(cursor, stream):
                self._opened, self._in_stream = cursor, stream
            case Closed(heard):
                self._leave(heard)
            case Position(id):
                if id < self._last:
                    yield Violation(
                        Wrong.REORDERED, name, ids=(id,), detail=f"a position below {self._last}"
                    )
                self._last = max(self._last, id)
            case Reset(low, high):
                passed = self._passed_over(step)
                if not passed and not self._explained(step):
                    detail = f"{self._distance(step)} events in ({low}, {high}]"
                    yield Violation(Wrong.RESET, name, ids=(low, high), detail=detail)
                self._gaps.append(step)
                self._left_to_history |= passed
                self._last = max(self._last, high)
                self._known.clear()
            case Seen():
                yield from self._event(step)

    def _event(self, event: Seen) -> Iterator[Violation]:
        name, id, room = self._witness.name, event.id, event.room
        if id in self.seen:
            yield Violation(Wrong.DOUBLED, name, room, (id,))
            return
        if id <= self._last:
            yield Violation(
                Wrong.REORDERED, name, room, (id,), f"it came when {self._last} had come"
            )
        self.seen.add(id)
        yield from self._whose(event)
        yield from self._content(event)
        known = self._known.get(event.topic)
        if known is not None and event.prev != known and not self._excuses(known, event):
            detail = f"it follows {event.prev}, and the last of {event.topic} was {known}"
            yield Violation(Wrong.CHAIN, name, room, (id,), detail)
        self._last = max(self._last, id)
        self._known[event.topic] = id
        self._follow(event)

    def _follow(self, event: Seen) -> None:
        """Where I go or come, the room's chain begins anew."""
        mine = event.user == self._witness.user
        left = event.kind == "member.left"
        joined = event.kind == "member.joined" and event.topic.startswith("user:")
        if mine and (left or joined):
            self._known.pop(f"room:{event.room}", None)

    def _whose(self, event: Seen) -> Iterator[Violation]:
        witness, topic = self._witness, event.topic
        if topic.startswith("user:"):
            allowed = topic == f"user:{witness.user}"
        elif topic.startswith("room:"):
            room = topic.removeprefix("room:")
            allowed = any(stay.holds(event.id) for stay in self._mine.get(room, ()))
        else:
            allowed = topic == "space"
        if not allowed:
            detail = f"{event.kind} of {topic}"
            yield Violation(Wrong.LEAKED, witness.name, event.room, (event.id,), detail)

    def _content(self, event: Seen) -> Iterator[Violation]:
        if event.kind != "message":
            return
        name = self._witness.name
        first = self._facts.posted.get((event.room, event.author, event.nonce))
        if first is not None and first != event.id:
            detail = f"{event.nonce!r} was accepted as {first}"
            yield Violation(Wrong.DOUBLED, name, event.room, (event.id,), detail)
        elif first is None:
            detail = f"nobody was told that {event.nonce!r} is accepted"
            yield Violation(Wrong.FORGED, name, event.room, (event.id,), detail)
        elif self._facts.ledger[first].digest != event.digest:
            yield Violation(Wrong.FORGED, name, event.room, (event.id,), "another text")

    def _explained(self, reset: Reset) -> bool:
        """By the floor of the log, or by the distance to its end."""
        return reset.low < self._facts.evidence.floor or self._distance(reset) > REPLAY_LIMIT

    def _passed_over(self, reset: Reset) -> set[int]:
        """What was swallowed while this stream was there."""
        return {id for id, _ in self._swallowed if self._opened < id <= reset.high}

    def _leave(self, heard: float) -> None:
        """Nothing of the visit came after ``heard``: what was swallowed just before, no server had
        time to notice."""
        if not self._in_stream:
            return
        self._in_stream = False
        self.excused |= {
            id
            for id, swallowed in self._swallowed
            if self._opened < id < self._last
            and id not in self.seen
            and heard - swallowed < NOTICE_SECONDS
        }

    def _excuses(self, known: int, event: Seen) -> bool:
        """Whether all that is missing before an event is excused."""
        ids = self._facts.topics[event.topic]
        missing = ids[bisect_right(ids, known) : bisect_right(ids, event.prev)]
        return event.prev > known and all(id in self.excused for id in missing)

    def _distance(self, reset: Reset) -> int:
        return sum(
            bisect_right(ids, reset.high) - bisect_right(ids, reset.low)
            for topic, ids in self._facts.topics.items()
            if topic in self._topics
        )


def _ledger(evidence: Evidence) -> Iterator[Violation]:
    for refused in evidence.ledger.refused:
        yield Violation(Wrong.REFUSED, "ledger", detail=refused)
    ids: set[int] = set()
    for message in evidence.ledger.accepted:
        if message.id in ids:
            yield Violation(Wrong.DOUBLED, "ledger", message.room, (message.id,), "one id for two")
        ids.add(message.id)


def _memberships(facts: Facts) -> Iterator[Violation]:
    """Each change that was answered for must have been said to the room, once and in order."""
    answered: dict[tuple[str, str], list[str]] = {}
    for move in facts.evidence.ledger.moves:
        kind = "member.joined" if move.joined else "member.left"
        answered.setdefault((move.room, move.user), []).append(kind)
    for (room, user), kinds in answered.items():
        said = [
            event.kind
            for _, event in sorted(facts.events.get(room, {}).items())
            if event.user == user and event.kind.startswith("member.")
        ]
        if said != kinds:
            detail = f"{user}: {len(kinds)} changes were answered, {len(said)} were said"
            yield Violation(Wrong.MEMBERSHIP, "ledger", room, detail=detail)


def _histories(facts: Facts) -> Iterator[Violation]:
    for room, stored in facts.evidence.histories.items():
        ids = [message.id for message in stored]
        due = facts.by_room.get(room, [])
        if missing := tuple(sorted(set(due) - set(ids))):
            yield Violation(Wrong.LOST, "history", room, missing)
        if more := tuple(sorted(set(ids) - set(due))):
            yield Violation(Wrong.FORGED, "history", room, more)
        if ids != sorted(set(ids)):
            yield Violation(Wrong.HISTORY, "history", room, detail="doubled or out of order")
        for message in stored:
            known = facts.ledger.get(message.id)
            if known is not None and (known.author, known.nonce, known.digest) != (
                message.author,
                message.nonce,
                message.digest,
            ):
                yield Violation(Wrong.HISTORY, "history", room, (message.id,), "another message")


def _snapshots(facts: Facts) -> Iterator[Violation]:
    for snapshot in facts.evidence.snapshots:
        who = f"snapshot of {snapshot.user}"
        mine = facts.rooms_of(snapshot.user)
        rooms = {room for room, stays in mine.items() if stays and stays[-1].open}
        for room in rooms ^ snapshot.rooms.keys():
            yield Violation(Wrong.SNAPSHOT, who, room, detail="a room too many or too few")
        for room in rooms & snapshot.rooms.keys():
            shown = snapshot.rooms[room]
            head = max(facts.topics.get(f"room:{room}", [0]))
            # A room in which nothing was said since the run began has an older head.
            if head and (shown.head != head or snapshot.cursor < head):
                yield Violation(Wrong.SNAPSHOT, who, room, (shown.head, head), "the head")
            unread = sum(
                id > shown.last_read and facts.ledger[id].author != snapshot.user
                for id in facts.by_room.get(room, [])
            )
            if min(shown.unread, COUNTED) != min(unread, COUNTED):
                detail = f"{shown.unread} unread, and {unread} are"
                yield Violation(Wrong.SNAPSHOT, who, room, detail=detail)
            members = sum(
                bool(stays) and stays[-1].open
                for (where, _), stays in facts.stays.items()
                if where == room
            )
            if shown.members != members:
                detail = f"{shown.members} members, and {members} are"
                yield Violation(Wrong.SNAPSHOT, who, room, detail=detail)
