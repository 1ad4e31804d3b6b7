"""How this worker is, for whoever asks (`log.reports`)."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornchat import __version__, metrics
from tornchat.domain.errors import Unavailable
from tornchat.log import reports

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub

logger = logging.getLogger(__name__)

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Reports:
    """Of one worker, which began when this was made."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._began = int(time.time() * 1000)
        self._answering: set[asyncio.Task[None]] = set()

    def heard(self, message: str) -> bool:
        """Something said between workers; whether it was a question about them."""
        question = reports.asked(message)
        if question is None:
            return False
        task = asyncio.ensure_future(self._answer(question))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        return True

    async def close(self) -> None:
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def report(self) -> dict[str, Any]:
        """Counters are since this process, or one whose place it has taken, began; times are unix
        milliseconds and seconds, sizes bytes."""
        hub, delay = self._hub, metrics.BUS_DELAY_SECONDS
        trouble = hub.bus.trouble()
        return {
            "worker": hub.worker,
            "node": socket.gethostname(),
            "version": __version__,
            "began": self._began,
            "state": "draining" if hub.mover.draining else "deaf" if trouble else "serving",
            "trouble": trouble,
            "streams": {
                kind: int(metrics.STREAMS.labels(kind).value) for kind in metrics.TRANSPORTS
            },
            "deliveries": metrics.DELIVERIES.labels().value,
            "events": metrics.EVENTS.labels().value,
            "repairs": sum(child.value for child in metrics.REPAIRS.children.values()),
            "resets": sum(child.value for child in metrics.RESETS.children.values()),
            "cuts": sum(child.value for child in metrics.CUTS.children.values()),
            "bus_delay": {
                "bounds": delay.bounds,
                "counts": delay.labels().values()[:-1],
            },
            "cpu_seconds": time.process_time(),
            "memory": _memory(),
        }

    async def _answer(self, question: str) -> None:
        try:
            await reports.answer(self._hub.client, question, self.report())
        except Unavailable:
            pass  # whoever asked sees that nobody answers
        except Exception:
            logger.exception("this worker cannot say how it is")


def _memory() -> int | None:
    """Resident memory; None where there is no /proc."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return None
