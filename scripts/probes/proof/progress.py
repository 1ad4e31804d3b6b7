"""Progress while a run lasts: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from probes.proof.run import Run

_LIVE_SECONDS, _PLAIN_SECONDS = 0.25, 5.0


class Screen:
    """`tell` prints a line; `follow` shows how far a run is."""

    def __init__(self, seconds: float) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._live = sys.stderr.isatty()
        self._seconds = seconds
        self._run: Run | None = None

    def tell(self, line: str) -> None:
        self._console.print(line, markup=False)

    def follow(self, run: Run) -> None:
        self._run = run

    def line(self) -> str:
        """How far it is, in one line."""
        run = self._run
        if run is None:
            return "starting"
        broken = ", ".join(sorted(run.going_on)) or "-"
        return f"{run.stage}; {run.accepted} accepted, {run.delivered} delivered; now: {broken}"

    async def show(self) -> None:
        """Until it is cancelled."""
        if not self._live:
            while True:
                await asyncio.sleep(_PLAIN_SECONDS)
                if self._run is not None:
                    self.tell(f"{self._run.elapsed:5.1f} s  {self.line()}")
        columns = (BarColumn(24), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self._console, transient=True) as progress:
            bar = progress.add_task("starting", total=self._seconds)
            while True:
                done = min(self._seconds, self._run.elapsed if self._run else 0.0)
                progress.update(bar, completed=done, description=self.line())
                await asyncio.sleep(_LIVE_SECONDS)


@asynccontextmanager
async def watch(seconds: float) -> AsyncIterator[Screen]:
    """A screen for a run of so many seconds."""
    screen = Screen(seconds)
    showing = asyncio.ensure_future(screen.show())
    try:
        yield screen
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
