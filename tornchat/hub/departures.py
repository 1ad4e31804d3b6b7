"""Streams that have just ended, and what they may have passed over unnoticed.

A publish that is lost shows at the next event of its topic or at the pulse, up to a second later.
A stream that is still there is told to reload then, if its cursor has gone past the lost event by
way of another topic. One that has ended meanwhile will come back with that cursor, here or
elsewhere. So each is looked at once more after its end: has the log anything at or below its cursor
that this worker had not been told of? What is found is kept for its session (`log.gaps`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tornchat.domain.errors import Unavailable
from tornchat.log import gaps, read
from tornchat.log.client import Client
from tornchat.log.gaps import Gap

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub
    from tornchat.hub.reader import Reader

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
AGAIN_SECONDS = 1.0
LAST_LOOK_SECONDS = 2.0
MOST_KEPT = 50_000
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Departure:
    """``unseen``: spans (topic, after, up to] of ids in which nothing was sent to the stream."""

    user: str
    session: str
    cursor: int
    unseen: list[tuple[str, int, int]]


class Departures:
    """Of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._left: deque[Departure] = deque(maxlen=MOST_KEPT)
        self._somebody = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._keep_looking())

    async def close(self) -> None:
        """Look at those who left last, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_LOOK_SECONDS):
                await self._look()
        except (TimeoutError, Unavailable):
            pass

    def note(self, reader: Reader) -> None:
        """A stream ends. To be called while its topics are still followed."""
        join, known = reader.join, self._hub.bus.sequence.known
        if reader.outlet is None or not join.bound:
            return  # a poll, which answers from the log, or a stream that was never live
        unseen: list[tuple[str, int, int]] = []
        for topic, since in join.topics.items():
            low = max(known(topic), join.bound, since)
            after, upto = join.replayed
            spans = [(low, min(after, join.cursor)), (max(low, upto), join.cursor)]
            unseen += [(topic, low, high) for low, high in spans if low < high]
        if unseen:
            self._left.append(Departure(join.user, reader.session, join.cursor, unseen))
            self._somebody.set()

    async def _keep_looking(self) -> None:
        while True:
            await self._somebody.wait()
            self._somebody.clear()
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except Unavailable:
                self._somebody.set()
                await asyncio.sleep(AGAIN_SECONDS)
            except Exception:
                logger.exception("streams that have ended cannot be looked at")

    async def _look(self) -> None:
        while self._left:
            batch = [self._left.popleft() for _ in range(min(_BATCH, len(self._left)))]
            try:
                client = self._hub.client
                for departure, low in await _passed_over(client, batch):
                    gap = Gap(low, departure.cursor)
                    await gaps.note(client, departure.user, departure.session, gap)
            except BaseException:
                self._left.extendleft(batch)
                raise


async def _passed_over(client: Client, departures: list[Departure]) -> list[tuple[Departure, int]]:
    """Those whose stream misses something, each with the first id of that. Raises `LogAway`."""
    unseen = sorted({span for departure in departures for span in departure.unseen})
    heads = (await read.position(client, sorted({topic for topic, _, _ in unseen}))).heads
    first = await read.first_ids(client, [span for span in unseen if heads[span[0]] > span[1]])
    found = []
    for departure in departures:
        ids = [first[span] for span in departure.unseen if span in first]
        if ids:
            found.append((departure, min(ids)))
    return found
