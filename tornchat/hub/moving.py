"""Moving streams to other workers: each one after its life, and all of them when this worker goes.

A stream is told to move and may go on until the client has come back elsewhere; one that stays is
ended with a `bye` after a time of grace. There is no timer per stream: the hub looks at each on its
beat, and while the worker drains at all of them a few times a second.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from tornchat import metrics

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub
    from tornchat.hub.reader import Reader

LIFE_SECONDS = 900.0
"""Behind a proxy an open socket proves nothing, and workers that were replaced would stay empty."""
SPREAD = 0.2
"""Lives differ by so much of themselves, or streams that came as a herd would move as one."""
PROMPT_SECONDS = 2.0
"""A single stream is told to move within so long."""
LIFE_GRACE_SECONDS = 30.0
DRAIN_GRACE_SECONDS = 5.0
LATEST_SECONDS = PROMPT_SECONDS + DRAIN_GRACE_SECONDS
_LOOK_SECONDS = 0.2


class Mover:
    """Moves the streams of one hub. ``life`` is in seconds; ``chance`` is where its dice come
    from."""

    def __init__(
        self, hub: Hub, life: float = LIFE_SECONDS, chance: random.Random | None = None
    ) -> None:
        self.draining = False
        self._hub = hub
        self._life = life
        self._random = chance or random.Random()
        self._loop = asyncio.get_running_loop()

    def begin(self, reader: Reader) -> None:
        """A stream was opened."""
        reader.due = self._loop.time() + self._life * self._random.uniform(1 - SPREAD, 1 + SPREAD)
        if self.draining:
            # Its connection was accepted before, and its request came late.
            self._move(reader, self._random.uniform(0, PROMPT_SECONDS), DRAIN_GRACE_SECONDS)

    def look(self, reader: Reader) -> None:
        """Move a stream whose time has come, or end it where it was told and is still there."""
        if self._loop.time() < reader.due:
            return
        if reader.moving:
            self._hub.dismiss(reader, "moved", retry=True)
        else:
            self._move(reader, self._random.uniform(0, PROMPT_SECONDS), LIFE_GRACE_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Move all streams within ``seconds``, each at its own moment; done when all have gone, and
        at the latest `LATEST_SECONDS` after that.

        Who does not obey is ended `DRAIN_GRACE_SECONDS` after its moment, so that clients that know
        nothing of `move` do not come back as a herd either.
        """
        self.draining = True
        readers = self._hub.readers()
        self._random.shuffle(readers)
        slot = seconds / max(1, len(readers))
        for number, reader in enumerate(readers):
            self._move(reader, slot * (number + self._random.random()), DRAIN_GRACE_SECONDS)
        end = self._loop.time() + seconds + LATEST_SECONDS
        # The outlets are looked at too: last words may wait in them.
        while self._loop.time() < end and (self._hub.readers() or len(self._hub.outlets)):
            for reader in self._hub.readers():
                self.look(reader)
            await asyncio.sleep(_LOOK_SECONDS)

    def _move(self, reader: Reader, after: float, grace: float) -> None:
        metrics.MOVES.inc()
        reader.moving = True
        reader.seat.leave()  # for the stream that comes in its place
        reader.due = self._loop.time() + after + grace
        reader.tell("move", {"after_ms": int(after * 1000)})
