"""What streams that have ended passed over, kept for those who come back with such a cursor."""

from __future__ import annotations

from dataclasses import dataclass

from tornchat.domain.events import PASSED_OVER
from tornchat.domain.topics import user_topic
from tornchat.log.client import Client
from tornchat.wire import packed

KEPT_SECONDS = 7 * 24 * 3600
"""Longer than the log reaches back by default: an older cursor is below the floor anyway."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A client with a cursor in [low, high] may miss an event: ``low`` is the first that it may
    miss, ``high`` the last cursor that it may have been given."""

    low: int
    high: int

    def holds(self, cursor: int) -> bool:
        return self.low <= cursor <= self.high


async def note(client: Client, user: str, session: str, gap: Gap) -> None:
    """Keep the gap for a session, and tell all workers that may have its next stream already.
    Raises `LogAway`."""
    keys, topic = client.keys, user_topic(user)
    fields = {"kind": PASSED_OVER, "session": session, "low": gap.low, "high": gap.high, "at": 0}
    await client.script(
        "gap",
        [keys.run, keys.clock, keys.gaps(session)],
        [gap.low, gap.high, KEPT_SECONDS, keys.channel(topic), packed.frame(fields)],
    )


def gaps_of(pairs: list[bytes]) -> list[Gap]:
    """The gaps of a session, as its key has them."""
    numbers = [int(text) for text in pairs]
    return [Gap(low, high) for high, low in zip(numbers[::2], numbers[1::2], strict=True)]
