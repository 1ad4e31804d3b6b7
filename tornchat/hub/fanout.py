"""From a batch of events to the sockets: one write for each reader, whatever the batch holds.

A batch is cut into *runs* of events that change nobody's topics, in the order of their ids. Of a
run every reader gets the part that is of its topics, joined into one piece of bytes which all who
read the same of it share. Whoever cannot take a run as a whole (it is joining, it has seen part of
it, it is a poll) takes its events one by one, which comes to the same.

A run goes out in slices, a turn of the loop each: a fan-out to thousands takes milliseconds, for
which requests would else wait. What is heard meanwhile waits, and so leaves as one run.

The writes are what costs, not the bytes in them. After a fan-out the worker therefore listens for a
moment, in proportion to how long it took, before it begins the next: those who waited for it are
heard, and one round of writes serves them all. An event that comes when nothing else is going on
waits for nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator

from tornchat import metrics
from tornchat.domain.events import PASSED_OVER, SESSIONS_ENDED, Event
from tornchat.hub.circles import Circle, Circles
from tornchat.hub.reader import Reader
from tornchat.wire.framing import Framing

logger = logging.getLogger(__name__)

SLICE = 256
"""Readers that are written to in one turn of the loop: about a millisecond."""
LISTEN_SHARE = 1 / 2
LISTEN_SECONDS = 0.02
"""The pause after a fan-out: this share of what it took, and no more than this."""
RUN = 64
"""Most events of one run."""
PIECE_BYTES = 64 * 1024
"""Longer parts of a run are written frame by frame, as single events are."""

_TO_THE_HUB = frozenset({SESSIONS_ENDED, PASSED_OVER})
_ALONE = frozenset({"member.joined", "member.left", *_TO_THE_HUB})
"""Kinds that change who reads what: what comes after them is looked at afterwards."""


class Parcel:
    """The part of a run that all readers of some circles get. ``first`` and ``last`` are the ids of
    what is logged in it, 0 where nothing is."""

    __slots__ = ("_pieces", "circles", "events", "first", "last")

    def __init__(self, events: list[Event], circles: set[Circle]) -> None:
        self.events = events
        self.circles = circles
        ids = [event.id for event in events if event.id]
        self.first = ids[0] if ids else 0
        self.last = ids[-1] if ids else 0
        self._pieces: dict[Framing, list[bytes]] = {}

    def pieces(self, framing: Framing) -> list[bytes]:
        """Its bytes; made once for each framing."""
        pieces = self._pieces.get(framing)
        if pieces is None:
            pieces = [framing.encode_event(event) for event in self.events]
            if sum(map(len, pieces)) <= PIECE_BYTES:
                pieces = [b"".join(pieces)]
            self._pieces[framing] = pieces
        return pieces


class FanOut:
    """Hands events on to the readers of one worker, in the order in which it got them.

    ``to_hub`` gets the events that are said between workers.
    """

    def __init__(self, circles: Circles, to_hub: Callable[[Event], None]) -> None:
        self._circles = circles
        self._to_hub = to_hub
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Event] = deque()
        self._slices: Iterator[None] | None = None
        self._turn: asyncio.Handle | None = None
        self._began = 0.0
        self._not_before = 0.0
        """When the next fan-out may begin, on the loop's clock."""
        self._room = SLICE
        """How many readers are left to this turn's slice."""

    def take(self, events: list[Event]) -> None:
        """The next events. They go out from the next turn of the loop on, so that whoever posted
        them is answered first, or after the pause."""
        self._waiting.extend(events)
        if self._turn is None:
            self._plan()

    def finish(self) -> None:
        """Hand on all that waits. To be called before anything is done or said that supposes that
        readers have been given what the bus has handed on."""
        while self._turn is not None:
            self._turn.cancel()
            for _ in self._slices or self._begin():
                pass
            self._rest()

    def _plan(self) -> None:
        if self._loop.time() < self._not_before:
            self._turn = self._loop.call_at(self._not_before, self._next)
        else:
            self._turn = self._loop.call_soon(self._next)

    def _next(self) -> None:
        for _ in self._slices or self._begin():
            self._turn = self._loop.call_soon(self._next)
            return
        self._rest()

    def _begin(self) -> Iterator[None]:
        self._began = self._loop.time()
        self._room = SLICE
        self._slices = self._round()
        return self._slices

    def _rest(self) -> None:
        now = self._loop.time()
        self._not_before = now + min(LISTEN_SECONDS, LISTEN_SHARE * (now - self._began))
        self._slices = self._turn = None
        if self._waiting:
            self._plan()

    def _round(self) -> Iterator[None]:
        """Hand on what waits now; what comes meanwhile is for the next round."""
        events, self._waiting = self._waiting, deque()
        while events:
            run = _run(events)
            began = time.perf_counter()
            try:
                if run[0].kind in _TO_THE_HUB:
                    self._to_hub(run[0])
                    continue
                yield from self._hand_on(run)
            except Exception:
                logger.exception("events could not be handed on; who reads them is closed")
                self._close_all(run)
            metrics.FAN_OUT_SECONDS.observe(time.perf_counter() - began)
            metrics.EVENTS.inc(len(run))

    def _close_all(self, run: list[Event]) -> None:
        """Their clients resume from the log."""
        for topic in {event.topic for event in run}:
            for reader in self._circles.readers_of(topic):
                metrics.CUTS.labels("error").inc()
                try:
                    reader.close()
                except Exception:
                    logger.exception("a reader could not be closed")

    def _hand_on(self, run: list[Event]) -> Iterator[None]:
        now = time.time()
        for event in run:
            if event.id:
                metrics.BUS_DELAY_SECONDS.observe(now - event.fields["at"] / 1000)
        for parcel, readers in self._addressed(run):
            start = 0
            while start < len(readers):
                part = readers[start : start + self._room]
                start += len(part)
                self._room -= len(part)
                _give(parcel, part)
                if not self._room:
                    self._room = SLICE
                    yield

    def _addressed(self, run: list[Event]) -> list[tuple[Parcel, list[Reader]]]:
        """Who gets what, of those who are there now: whoever comes later finds it in the log."""
        parts: dict[Circle, int] = {}
        numbers: dict[str, int] = {}
        for event in run:
            numbers.setdefault(event.topic, 1 << len(numbers))
        for topic, number in numbers.items():
            for circle in self._circles.of(topic):
                parts[circle] = parts.get(circle, 0) | number
        whose: dict[int, set[Circle]] = {}
        for circle, part in parts.items():
            whose.setdefault(part, set()).add(circle)
        return [
            (
                Parcel([event for event in run if numbers[event.topic] & part], circles),
                [reader for circle in circles for reader in circle.readers],
            )
            for part, circles in whose.items()
        ]


def _run(waiting: deque[Event]) -> list[Event]:
    """Take the next run from what waits."""
    run = [waiting.popleft()]
    if run[0].kind in _ALONE:
        return run
    last = run[0].id
    while waiting and len(run) < RUN:
        event = waiting[0]
        if event.kind in _ALONE or 0 < event.id <= last:
            break
        last = event.id or last
        run.append(waiting.popleft())
    return run


def _give(parcel: Parcel, readers: list[Reader]) -> None:
    """Let readers have a parcel, as a whole where they can take it so."""
    events, circles, first, last = parcel.events, parcel.circles, parcel.first, parcel.last
    whole = bool(first) and events[0].kind not in _ALONE
    framing: Framing | None = None
    pieces: list[bytes] = []
    given = 0
    for reader in readers:
        try:
            outlet = reader.outlet
            # By now it may have left the circle, and with that some of the topics.
            if (
                whole
                and outlet is not None
                and reader.circle in circles
                and reader.join.passes(first, last)
            ):
                if reader.framing is not framing:
                    framing = reader.framing
                    pieces = parcel.pieces(framing)
                for piece in pieces:
                    outlet.send(piece)
                given += len(events)
            else:
                for event in events:
                    given += reader.take(event)
        except Exception:
            # Raised from here it would take the events, and what waits behind them, from all.
            logger.exception("a reader could not take an event and is closed")
            metrics.CUTS.labels("error").inc()
            reader.close()
    metrics.DELIVERIES.inc(given)
