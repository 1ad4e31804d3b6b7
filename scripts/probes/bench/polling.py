"""When short polls are asked: each poller at its own phase of the interval, whatever the answers
take."""

from __future__ import annotations

import heapq
import random

_GOLDEN = 0.6180339887498949


class Schedule:
    """``interval`` and all moments are nanoseconds of `time.monotonic_ns`.

    Phases are spread evenly over the interval, however many pollers come: multiples of the golden
    ratio leave no two close together (the Kronecker sequence). The seed turns all of them.
    """

    def __init__(self, interval: int, seed: int, start: int) -> None:
        self.missed = 0
        """Polls that were never asked, since the answer to one before them took so long."""
        self._interval = interval
        self._start = start
        self._turn = random.Random(seed).random()
        self._due: dict[int, int] = {}
        """Poller -> when its last poll was due."""
        self._queue: list[tuple[int, int]] = []

    @property
    def next(self) -> int | None:
        """When the next poll is due."""
        return self._queue[0][0] if self._queue else None

    def phase(self, number: int) -> int:
        """How long after the beginning of an interval a poller asks."""
        return int((self._turn + number * _GOLDEN) % 1.0 * self._interval)

    def answered(self, number: int, now: int) -> None:
        """A poller may ask again: one interval after the last poll was due, and not after its
        answer. Where that is over it asks at once, and those it slept through are missed."""
        due = self._due.get(number)
        if due is None:  # the first one has brought it in, at no moment of its own
            first = self._start + self.phase(number)
            due = first + -(-max(0, now - first) // self._interval) * self._interval
        else:
            due += self._interval
            late = max(0, now - due) // self._interval
            self.missed += late
            due += late * self._interval
        self._due[number] = due
        heapq.heappush(self._queue, (due, number))

    def due(self, now: int) -> list[int]:
        """The pollers that are to ask now."""
        found = []
        while self._queue and self._queue[0][0] <= now:
            found.append(heapq.heappop(self._queue)[1])
        return found
