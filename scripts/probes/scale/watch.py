"""What every process takes while something goes on: rows over time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from probes.loads.machine import cpu_seconds, resident_bytes, tcp_bytes

Row = list[float]
_EACH = 5
"""Memory changes slowly, and is noted at each so-manieth look."""


class Watch:
    """``async with Watch(processes, streams, pause) as watch``: looks each ``pause`` seconds at the
    processes (name -> pid) and at the streams (node -> how many) that there are then.

    ``series``: name -> rows of seconds since the beginning, and a value: ``cpu NAME`` (share of a
    processor since the row before), ``rss NAME`` (bytes), ``streams NODE``, and ``memory sockets``
    (bytes of the kernel for all TCP sockets of this machine, with both ends of each connection).
    """

    def __init__(
        self,
        processes: Callable[[], Mapping[str, int]],
        streams: Callable[[], Mapping[str, int]],
        pause: float,
    ) -> None:
        self.series: dict[str, list[Row]] = {}
        self._processes = processes
        self._streams = streams
        self._pause = pause
        self._used: dict[str, tuple[float, float]] = {}
        self._looks = 0
        self._begun = time.monotonic()

    async def __aenter__(self) -> Watch:
        self._task = asyncio.ensure_future(self._go_on())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    @property
    def seconds(self) -> float:
        """Since its beginning."""
        return time.monotonic() - self._begun

    def look(self) -> None:
        """Add a row to each."""
        at = self.seconds
        for name, pid in self._processes().items():
            used = cpu_seconds([pid])
            is_new = name not in self._used
            if not is_new:
                since, before = self._used[name]
                if at - since < self._pause / 2:
                    continue  # so short a time says nothing, in ticks of 10 ms
                self._row(f"cpu {name}", at, max(0.0, used - before) / (at - since))
            self._used[name] = at, used
            if is_new or self._looks % _EACH == 0:
                with suppress(OSError):  # it has ended just now
                    self._row(f"rss {name}", at, resident_bytes(pid))
        self._looks += 1
        for node, count in self._streams().items():
            self._row(f"streams {node}", at, count)
        self._row("memory sockets", at, tcp_bytes())

    async def _go_on(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(self._pause)

    def _row(self, name: str, at: float, value: float) -> None:
        self.series.setdefault(name, []).append([round(at, 1), round(value, 3)])
