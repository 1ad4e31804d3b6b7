"""Keeping streams alive without a timer for each: one walks all of them, a slice at a time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tornchat import metrics

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub
    from tornchat.hub.reader import Reader

logger = logging.getLogger(__name__)

TURNS = 50
"""A beat interval is cut into so many turns, so that beats do not leave as one burst."""


class Turns:
    """All readers of a worker, dealt out evenly to the turns of a beat interval."""

    def __init__(self) -> None:
        self._turns: list[dict[Reader, None]] = [{} for _ in range(TURNS)]
        self._next = 0

    def add(self, reader: Reader) -> None:
        self._next = (self._next + 1) % TURNS
        reader.turn = self._next
        self._turns[reader.turn][reader] = None

    def remove(self, reader: Reader) -> bool:
        """Whether it was there."""
        return self._turns[reader.turn].pop(reader, reader) is None

    def readers(self) -> list[Reader]:
        return [reader for turn in self._turns for reader in turn]

    async def keep_beating(self, hub: Hub) -> None:
        """A beat for each reader in every interval, and a look whether it has to move."""
        while True:
            for turn in self._turns:
                # A little faster than promised, because timers are late and never early.
                await asyncio.sleep(hub.heartbeat * 0.9 / TURNS)
                _beat(hub, list(turn))


def _beat(hub: Hub, readers: list[Reader]) -> None:
    try:
        last = hub.last()
    except Exception:
        logger.exception("events could not be handed on before a beat")
        last = None
    for reader in readers:
        try:
            reader.beat(last)
            hub.mover.look(reader)
        except Exception:
            logger.exception("a reader could not be kept alive and is closed")
            metrics.CUTS.labels("error").inc()
            reader.close()
