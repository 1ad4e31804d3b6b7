"""What a worker writes down of itself once a second, where ``--metrics`` asks for it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from tornchat import metrics
from tornchat.domain.errors import Unavailable
from tornchat.hub.hub import Hub
from tornchat.log import upkeep
from tornchat.metrics_file import FigureFile

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


class Figures:
    """Writes into ``folder`` until `close`. A folder that cannot be written is logged, and the
    worker serves without figures."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        self._file: FigureFile | None = None
        try:
            self._file = FigureFile(folder, "worker", metrics.FIGURES)
        except OSError as wrong:
            logger.warning("there are no figures of this worker: %s", wrong)
        self._hub = hub
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """The worker serves."""
        if self._file is None:
            return
        # Two, so that a Redis which does not answer holds up nothing but what it would say.
        self._tasks = [
            asyncio.ensure_future(self._write(self._file)),
            asyncio.ensure_future(self._ask()),
        ]

    async def close(self) -> None:
        """Write a last time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._file is not None:
            self._file.close()

    async def _write(self, file: FigureFile) -> None:
        loop = asyncio.get_running_loop()
        while True:
            serves = not self._hub.mover.draining
            metrics.WORKERS_UP.set(serves)
            metrics.WORKERS_HEALTHY.set(serves and self._hub.bus.healthy)
            file.write()
            due = loop.time() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            metrics.LOOP_LAG_SECONDS.observe(loop.time() - due)

    async def _ask(self) -> None:
        """Where the log stands. Every worker asks, so that the answer outlives any of them."""
        while True:
            try:
                marks = await upkeep.marks(self._hub.client)
            except Unavailable:
                pass  # workers_healthy tells
            except Exception:
                logger.exception("the log cannot be asked where it stands")
            else:
                metrics.LOG_CLOCK.set(marks.clock)
                metrics.LOG_FLOOR.set(marks.floor)
                metrics.LOG_ARCHIVED.set(marks.archived)
                metrics.ARCHIVE_QUEUE.set(marks.queued)
            await asyncio.sleep(EVERY_SECONDS)
