"""What is said live and kept nowhere (who types, who is there), handed to those who read now.

It must cost messages nothing. So it has a way of its own beside `hub.fanout`: what comes within
`GATHER_SECONDS` leaves together, in slices, a turn of the loop each; it touches no cursor; and
where bytes of a reader still wait, or a reader is joining, that reader goes without.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterator

from tornchat import metrics
from tornchat.domain.events import Event
from tornchat.hub.circles import Circle
from tornchat.hub.fanout import SLICE, Parcel
from tornchat.hub.reader import Reader

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.05
MOST_WAITING = 500
"""More events than these are dropped: others will tell more recent things."""
ROUND = 64
"""Most events that leave together."""


class Passing:
    """The ephemeral events of one worker."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[Event, Collection[Circle]]] = deque()
        self._turn: asyncio.Handle | None = None
        self._slices: Iterator[None] = iter(())

    def take(self, event: Event, circles: Collection[Circle]) -> None:
        """An event for the readers of these circles."""
        if not circles:
            return
        if len(self._waiting) >= MOST_WAITING:
            metrics.PASSING.labels("dropped").inc()
            return
        self._waiting.append((event, circles))
        if self._turn is None:
            self._turn = self._loop.call_later(GATHER_SECONDS, self._begin)

    def close(self) -> None:
        """Nobody is left to be told."""
        if self._turn is not None:
            self._turn.cancel()

    def _begin(self) -> None:
        self._slices = self._round()
        self._next()

    def _next(self) -> None:
        for _ in self._slices:
            self._turn = self._loop.call_soon(self._next)
            return
        self._turn = None
        if self._waiting:
            self._turn = self._loop.call_later(GATHER_SECONDS, self._begin)

    def _round(self) -> Iterator[None]:
        events: list[Event] = []
        parts: dict[Circle, int] = {}
        while self._waiting and len(events) < ROUND:
            event, circles = self._waiting.popleft()
            for circle in circles:
                parts[circle] = parts.get(circle, 0) | 1 << len(events)
            events.append(event)
        whose: dict[int, set[Circle]] = {}
        for circle, part in parts.items():
            whose.setdefault(part, set()).add(circle)
        for part, readers_of in whose.items():
            mine = [event for number, event in enumerate(events) if part >> number & 1]
            parcel = Parcel(mine, readers_of)
            readers = [reader for circle in readers_of for reader in circle.readers]
            for start in range(0, len(readers), SLICE):
                for reader in readers[start : start + SLICE]:
                    self._give(parcel, reader)
                yield

    def _give(self, parcel: Parcel, reader: Reader) -> None:
        try:
            # By now it may have left the circle, and with that some of the rooms.
            given = reader.circle in parcel.circles and reader.take_passing(parcel)
        except Exception:
            logger.exception("a reader could not take what is said live and is closed")
            metrics.CUTS.labels("error").inc()
            reader.close()
            return
        metrics.PASSING.labels("given" if given else "dropped").inc(len(parcel.events))
