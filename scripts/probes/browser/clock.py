"""The poster's clock and the browser's: how far apart they are, asked like a time server is."""

from __future__ import annotations

import time
from dataclasses import dataclass

from playwright.async_api import Page

_ASKED = 25


@dataclass(frozen=True, slots=True)
class Offset:
    """The page's clock minus `time.monotonic_ns`, in milliseconds, and how far it may be off: half
    of the shortest round trip (Cristian's algorithm)."""

    milliseconds: float
    error: float

    def monotonic_ns(self, page: float) -> int:
        """A moment of the page's clock on ours."""
        return round((page - self.milliseconds) * 1e6)


async def ask(page: Page) -> Offset:
    """The offset now, by the quickest of some answers."""
    answers = []
    for _ in range(_ASKED):
        asked = time.monotonic_ns() / 1e6
        there: float = await page.evaluate("window.probeClock()")
        answered = time.monotonic_ns() / 1e6
        answers.append(Offset(there - (asked + answered) / 2, (answered - asked) / 2))
    return min(answers, key=lambda offset: offset.error)
