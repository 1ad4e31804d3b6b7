"""Sessions as one worker knows them: looked up in the mirror once, kept while their end would be
heard of.

The end of a session is said between workers by the script that takes it out of the mirror
(`append.announce`), so a worker that hears what is said need not ask again. What must hold is that
nothing is kept whose end could have been missed:

* What was looked up while something ended, or while the subscription was another one, is used once
  and not kept: the answer may be older than what was said meanwhile.
* A worker that is not sure to hear everything (`Bus.hearing`) keeps nothing and asks the mirror.
* Nothing is kept for longer than `KEPT_SECONDS`, whatever was heard.

That there is no such session is not kept: a stranger must not fill the worker's memory, and a new
session is good at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from tornchat.domain.sessions import SessionRecord
from tornchat.log import mirror
from tornchat.log.client import Client

KEPT_SECONDS = 15.0
MOST_KEPT = 10_000


class Sessions:
    """``hearing``: number of the subscription on which all ends of sessions are heard, None where
    that is not sure (`Bus.hearing`)."""

    def __init__(self, client: Client, hearing: Callable[[], int | None]) -> None:
        self._client = client
        self._hearing = hearing
        self._kept: dict[str, tuple[SessionRecord, float]] = {}
        """With the time until which it is good; the oldest first."""
        self._kept_by: int | None = None
        """The subscription that would have told of the end of what is kept."""
        self._ended = 0
        self._wanted: set[str] = set()
        self._lookup: asyncio.Task[dict[str, SessionRecord | None]] | None = None
        self._loop = asyncio.get_running_loop()

    async def find(self, digest: str) -> SessionRecord | None:
        """The session with this digest, expired or not; None where there is none. Raises
        `LogAway`."""
        record = self.known(digest)
        if record is not None:
            return record
        if self._lookup is None:
            self._wanted = set()
            self._lookup = asyncio.ensure_future(self._look_up(self._wanted))
        self._wanted.add(digest)
        # Shielded: one caller that gives up must not take the answer from the others.
        return (await asyncio.shield(self._lookup))[digest]

    def end(self, digests: Iterable[str]) -> None:
        """These sessions are over, or have changed: it was said between workers."""
        self._ended += 1
        for digest in digests:
            self._kept.pop(digest, None)

    def known(self, digest: str) -> SessionRecord | None:
        """The session with this digest, expired or not; None where the mirror must be asked."""
        kept = self._kept.get(digest)
        if kept is None or kept[1] < self._loop.time() or self._hearing() != self._kept_by:
            return None
        return kept[0]

    async def _look_up(self, wanted: set[str]) -> dict[str, SessionRecord | None]:
        """All that were asked for in one turn of the loop, in one round trip."""
        self._lookup = None  # who asks from now on asks anew, and learns what ended until now
        hearing, ended = self._hearing(), self._ended
        found = await mirror.sessions(self._client, wanted)
        if hearing is not None and (hearing, ended) == (self._hearing(), self._ended):
            self._keep(found, hearing)
        return found

    def _keep(self, found: dict[str, SessionRecord | None], hearing: int) -> None:
        if hearing != self._kept_by:
            self._kept.clear()
            self._kept_by = hearing
        now = self._loop.time()
        for digest, record in found.items():
            self._kept.pop(digest, None)
            if record is not None:
                self._kept[digest] = (record, now + KEPT_SECONDS)
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) <= MOST_KEPT and self._kept[oldest][1] >= now:
                break
            del self._kept[oldest]
