"""What one reader saw, held against what was promised to it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

from probes.evidence import Closed, Opened, Position, Reset, Seen, Stay, Step, Witness
from probes.facts import Facts
from probes.violations import Violation, Wrong

REPLAY_LIMIT = 2000
"""Events that a reader may be behind, by the protocol, before it is told to reload."""
LOOK_SECONDS = 15.0
"""In which a server, loaded as it may be, has looked at a stream that ended."""
NOTICE_SECONDS = 5.0
"""In which a server notices that it has passed an event over: a pulse is sent each second."""


class Reading:
    """Walks through the notes of one reader.

    Of an event that a fault swallowed a server learns by the next event of its topic, or by the
    pulse, and then repairs, or resets the readers that have passed it; also those whose stream
    ended before that, when they come back. Where the server itself dies or hangs before it has
    looked, only ``prev`` of the next event shows the hole, as the protocol says: such events are
    ``excused``, and counted. Polls answer from the log and have no excuse.
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
            swallowed
            for swallowed in facts.evidence.swallowed
            if swallowed.event.topic in self._topics
        ]
        self._gaps: list[Reset] = []
        self.left_to_history: set[int] = set()
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
        ids = [id for id in ids if id not in self.left_to_history | self.excused]
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
                self.left_to_history |= passed
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
            detail += f"; between them {self._between(known, event)}"
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
            allowed = self._is_mine(topic, event.id)
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
        """What was swallowed while this stream was there; or so shortly before the cursor of one
        that comes back that a stream of the same session may have passed it."""
        found = set[int]()
        for swallowed in self._swallowed:
            id = swallowed.event.id
            soon = reset.low <= self._facts.newest_at(swallowed.at + LOOK_SECONDS)
            if self._opened < id <= reset.high or (id <= reset.low and soon):
                found |= self._hidden_by(swallowed.event, reset.high)
        return found

    def _leave(self, heard: float) -> None:
        """Nothing of the visit came after ``heard``: what was swallowed just before, no server had
        time to notice."""
        if not self._in_stream:
            return
        self._in_stream = False
        for swallowed in self._swallowed:
            id = swallowed.event.id
            recent = heard - swallowed.at < NOTICE_SECONDS
            if self._opened < id < self._last and id not in self.seen and recent:
                self.excused |= self._hidden_by(swallowed.event, self._last) - self.seen

    def _hidden_by(self, event: Seen, high: int) -> set[int]:
        """What a reader does not get where an event was swallowed: the event, and where that was
        the word that it has come into a room, also what was said there, up to ``high``."""
        mine = event.kind == "member.joined" and event.user == self._witness.user
        ids = self._facts.topics.get(f"room:{event.room}", []) if mine else []
        return {event.id, *ids[bisect_right(ids, event.id) : bisect_right(ids, high)]}

    def _excuses(self, known: int, event: Seen) -> bool:
        """Whether all that is missing before an event is excused, or of times when the reader was
        not in the room."""
        ids = self._facts.topics[event.topic]
        missing = ids[bisect_right(ids, known) : bisect_right(ids, event.prev)]
        return event.prev > known and all(
            id in self.excused or not self._is_mine(event.topic, id) for id in missing
        )

    def _between(self, known: int, event: Seen) -> str:
        """What was said between two events of a topic, and how much of it a fault swallowed."""
        ids = self._facts.topics[event.topic]
        missing = ids[bisect_right(ids, known) : bisect_right(ids, event.prev)]
        said = self._facts.events.get(event.room, {})
        kinds = Counter(said[id].kind if id in said else "unseen" for id in missing)
        swallowed = {swallowed.event.id for swallowed in self._swallowed} & {*missing}
        words = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing"
        return f"{words}; {len(swallowed)} swallowed; its stream began at {self._opened}"

    def _is_mine(self, topic: str, id: int) -> bool:
        """Whether an event of a topic is for this reader."""
        if not topic.startswith("room:"):
            return True
        return any(stay.holds(id) for stay in self._mine.get(topic.removeprefix("room:"), ()))

    def _distance(self, reset: Reset) -> int:
        return sum(
            bisect_right(ids, reset.high) - bisect_right(ids, reset.low)
            for topic, ids in self._facts.topics.items()
            if topic in self._topics
        )
