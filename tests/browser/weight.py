"""What a room costs until it is seen, in a browser that has nothing of it yet: bytes of our own
scripts and styles, and the time to its first messages."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Page

_WATCH = """
new MutationObserver((_, self) => {
  if (!document.querySelector("message-list .message")) return;
  self.disconnect();
  const seen = () => (globalThis.roomSeen = performance.now());
  requestAnimationFrame(() => requestAnimationFrame(seen));
}).observe(document, { childList: true, subtree: true });
"""
_WEIGH = """
() => {
  const ours = performance.getEntriesByType("resource").filter(({name, startTime}) =>
    startTime < globalThis.roomSeen && /[.](js|css)$/.test(new URL(name).pathname));
  const [first] = performance.getEntriesByName("first-contentful-paint");
  const bytes = ours.reduce((sum, {decodedBodySize}) => sum + decodedBodySize, 0);
  return [ours.length, bytes, first.startTime, globalThis.roomSeen];
}
"""


@dataclass(frozen=True)
class Weight:
    """``files`` and ``size`` (bytes, uncompressed) are of scripts and styles; times in ms from the
    beginning of the load."""

    files: int
    size: int
    first_paint: float
    room_seen: float

    def __str__(self) -> str:
        return (
            f"{self.files} files, {self.size / 1024:.0f} KB of scripts and styles; "
            f"first paint after {self.first_paint:.0f} ms, the room after {self.room_seen:.0f} ms"
        )


def weigh(page: Page, address: str) -> Weight:
    """Open ``address``, that of a room with messages, in ``page``: new, and signed in already."""
    page.add_init_script(_WATCH)
    page.goto(address)
    page.wait_for_function("() => globalThis.roomSeen")
    return Weight(*page.evaluate(_WEIGH))


def median(weights: Sequence[Weight]) -> Weight:
    """Of each figure by itself."""
    each = zip(
        *((one.files, one.size, one.first_paint, one.room_seen) for one in weights), strict=True
    )
    files, size, first_paint, room_seen = (statistics.median(values) for values in each)
    return Weight(int(files), int(size), first_paint, room_seen)
