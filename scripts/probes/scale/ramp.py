"""Where to look for the largest load that holds."""

from __future__ import annotations

import math

GROWTH = 1.6


class Ramp:
    """Loads grow by a factor until one does not hold, or fall until one does; then the ratio of
    the two is halved (as a geometric mean), until they are no more than ``precision`` apart.

    ``least`` and ``most`` bound what is tried.
    """

    def __init__(
        self, first: int, precision: float = 0.1, least: int = 1, most: int = 1_000_000
    ) -> None:
        self.held: int | None = None
        """The largest load that held, below all that did not."""
        self.broke: int | None = None
        """The smallest that did not."""
        self._first = min(max(first, least), most)
        self._precision = precision
        self._least = least
        self._most = most

    def next(self) -> int | None:
        """What to try; None where the answer is known."""
        held, broke = self.held, self.broke
        if held is None and broke is None:
            return self._first
        if broke is None:
            assert held is not None
            return None if held >= self._most else min(math.ceil(held * GROWTH), self._most)
        if held is None:
            return None if broke <= self._least else max(int(broke / GROWTH), self._least)
        between = round(math.sqrt(held * broke))
        if broke / held <= 1 + self._precision or between in (held, broke):
            return None
        return between

    def note(self, load: int, held: bool) -> None:
        """What became of a load. One that holds above one that did not is luck, and passed over:
        the answer is a load up to which everything held."""
        if not held:
            self.broke = load if self.broke is None else min(self.broke, load)
            if self.held is not None and self.held >= self.broke:
                self.held = None
        elif self.broke is None or load < self.broke:
            self.held = load if self.held is None else max(self.held, load)
