"""Whether every subscriber gets every message once and in order, for a million deliveries a second.

Every byte of every stream is looked at, but what many streams bring is taken apart once. All
streams are held to one **chain** of messages, in the order in which the first of them brought them.
A stream stands at a `Place`: so many messages of the chain, and the bytes of one that has begun. A
place knows what came there before, and where that led (`Step`): another stream that brings the very
same bytes there has brought the same messages. A stream that brings something else than the chain
says is from then on followed for itself, and judged for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from probes.bench.target import Event, Scan

CALLS = 900_000_000
"""Messages from this number on are calls: they find out whether a subscriber hears, no more."""
_MOST_STEPS = 8


class Place:
    """Where streams stand. ``steps`` has what came there: bytes, and where they led."""

    __slots__ = ("own", "position", "rest", "steps")

    def __init__(self, position: int, rest: bytes, own: list[Event] | None = None) -> None:
        self.position = position
        """So many messages have come."""
        self.rest = rest
        self.own = own
        """The messages of a stream that left the chain, since its beginning."""
        self.steps: list[tuple[bytes, Step]] = []


class Step:
    """What some bytes brought: ``seqs`` of messages, ``calls``, and with what a poll asks again."""

    __slots__ = ("calls", "cursor", "place", "seqs")

    def __init__(
        self, place: Place, seqs: tuple[int, ...], calls: tuple[int, ...], cursor: bytes | None
    ) -> None:
        self.place = place
        self.seqs = seqs
        self.calls = calls
        self.cursor = cursor


@dataclass(frozen=True, slots=True)
class Judgement:
    """Over all streams together: deliveries that did not come, that came once more, whose id was
    not above the one before, and of messages that nobody published."""

    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    forged: int = 0

    def __add__(self, other: Judgement) -> Judgement:
        return Judgement(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.disordered + other.disordered,
            self.forged + other.forged,
        )

    def __mul__(self, times: int) -> Judgement:
        return Judgement(
            self.lost * times, self.doubled * times, self.disordered * times, self.forged * times
        )

    def __bool__(self) -> bool:
        """Whether anything was wrong."""
        return bool(self.lost or self.doubled or self.disordered or self.forged)


class Chain:
    """The one order of messages, and the places along it."""

    def __init__(self, scan: Scan) -> None:
        self.events: list[Event] = []
        self.start = Place(0, b"")
        """Where a stream begins."""
        self._scan = scan
        self._places: dict[int, dict[bytes, Place]] = {0: {b"": self.start}}
        self._oldest = 0

    def step(self, place: Place, data: bytes) -> Step:
        """Where ``data`` leads from a place, found out (`Place.steps` has what is known)."""
        scanned = self._scan(place.rest + data)
        calls = tuple(seq for _, seq in scanned.events if seq >= CALLS)
        events = [event for event in scanned.events if event[1] < CALLS]
        seqs = tuple(seq for _, seq in events)
        if place.own is not None:
            place.own += events
            there = Place(place.position + len(events), scanned.rest, place.own)
        elif self._goes_on(place.position, events):
            there = self._at(place.position + len(events), scanned.rest)
        else:
            own = [*self.events[: place.position], *events]
            there = Place(len(own), scanned.rest, own)
        step = Step(there, seqs, calls, scanned.cursor)
        if there.own is None:
            if len(place.steps) >= _MOST_STEPS:
                place.steps.pop(0)
            place.steps.append((data, step))
        return step

    def forget(self, floor: int) -> None:
        """No stream stands before ``floor`` any more."""
        while self._oldest < floor:
            self._places.pop(self._oldest, None)
            self._oldest += 1

    def judge(self, streams: Iterable[Place], published: Collection[int], maybe: int) -> Judgement:
        """Hold each stream to what was published from its beginning to now.

        ``maybe``: so many more were refused or not answered, and may have come all the same.
        """
        wanted = frozenset(published)
        whole = Judgement()
        along: Counter[int] = Counter()
        for place in streams:
            if place.own is None:
                along[place.position] += 1
            else:
                whole += _judged(place.own, wanted, maybe)
        for position, times in along.items():
            whole += _judged(self.events[:position], wanted, maybe) * times
        return whole

    def _goes_on(self, position: int, events: list[Event]) -> bool:
        """Whether these come next in the chain; where it ends they become its next ones."""
        known = islice(self.events, position, position + len(events))
        if any(old != new for old, new in zip(known, events, strict=False)):
            return False
        self.events += events[len(self.events) - position :]
        return True

    def _at(self, position: int, rest: bytes) -> Place:
        at = self._places.setdefault(position, {})
        place = at.get(rest)
        if place is None:
            place = at[rest] = Place(position, rest)
        return place


def _judged(events: list[Event], wanted: frozenset[int], maybe: int) -> Judgement:
    came = Counter(seq for _, seq in events)
    forged = sum(seq not in wanted for seq in came)
    back = 0
    newest: Any = None
    for id, _ in events:
        if id is not None:
            if newest is not None and id <= newest:
                back += 1
            else:
                newest = id
    return Judgement(
        lost=len(wanted - came.keys()),
        doubled=came.total() - len(came),
        disordered=back,
        forged=max(0, forged - maybe),
    )
