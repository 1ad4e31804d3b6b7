"""When a segment that came leaves again: delay, jitter, and loss as TCP makes of it. No I/O.

What is lost is sent again after a time-out, which doubles; whatever is behind it on its connection
waits for it. All times are nanoseconds of one clock.
"""

from __future__ import annotations

import math
import random

from probes.network.conditions import Conditions

SEGMENT = 1460
"""Bytes of a full segment, on Ethernet."""
_MS = 1_000_000
_LEAST_TIMEOUT_MS = 200
_FIRST_TIMEOUT_MS = 1000
"""Of a connection that is not yet one."""
_MOST_TIMES = 6
_NEVER = 1 << 62


class Schedule:
    """One direction of one connection, which can carry something from ``opened`` on."""

    def __init__(self, conditions: Conditions, chance: random.Random, opened: int) -> None:
        self.lost = 0
        """Segments that were lost so far, each time they were."""
        self.carried = 0
        """Segments that came or will come."""
        self._delay = int(conditions.delay * _MS)
        self._jitter = int(conditions.jitter * _MS)
        self._loss = conditions.loss / 100
        self._timeout = _LEAST_TIMEOUT_MS * _MS + 2 * self._delay + self._jitter
        self._chance = chance
        self._opened = opened
        self._last = 0
        self._good = self._until_loss()
        """So many segments pass before the next one is lost."""

    def pieces(self, came: int, size: int) -> list[tuple[int, int]]:
        """How ``size`` bytes that came at a moment leave: bytes, and when. The end of a connection
        has none, and is a segment as well."""
        arrives = max(came, self._opened) + self._delay
        if self._jitter:
            arrives += self._chance.randrange(self._jitter + 1)
        segments = max(1, -(-size // SEGMENT))
        self.carried += segments
        found = []
        while segments > self._good:
            before = self._good * SEGMENT
            if before:
                found.append((before, self._behind(arrives)))
                size -= before
            segments -= self._good
            times = times_lost(self._loss, self._chance)
            self.lost += times
            arrives += self._timeout * (2**times - 1)
            self._good = 1 + self._until_loss()  # the lost one itself, once it has come
        self._good -= segments
        found.append((size, self._behind(arrives)))
        return found

    def _behind(self, moment: int) -> int:
        self._last = max(self._last, moment)
        return self._last

    def _until_loss(self) -> int:
        """Geometric: one draw for many segments."""
        if not self._loss:
            return _NEVER
        return int(min(_NEVER, math.log1p(-self._chance.random()) / math.log1p(-self._loss)))


def handshake(conditions: Conditions, chance: random.Random) -> int:
    """Nanoseconds until a connection that is asked for can carry something: a round trip, and what
    the loss of one of its two segments costs."""
    taken = 2 * int(conditions.delay * _MS)
    taken += sum(chance.randrange(int(conditions.jitter * _MS) + 1) for _ in range(2))
    either = 1 - (1 - conditions.loss / 100) ** 2
    if chance.random() < either:
        taken += _FIRST_TIMEOUT_MS * _MS * (2 ** times_lost(either, chance) - 1)
    return taken


def times_lost(loss: float, chance: random.Random) -> int:
    """How often a segment is lost that is lost once."""
    times = 1
    while times < _MOST_TIMES and chance.random() < loss:
        times += 1
    return times
