"""Work that would hold up the loop, done by a few threads, for a bounded number of callers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tornchat.domain.errors import TooMany, Unavailable

T = TypeVar("T")


class OffLoop:
    """``threads`` work at once and ``most_waiting`` wait; who comes then meets `TooMany`."""

    def __init__(self, name: str, *, threads: int, most_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._most = threads + most_waiting
        self._busy = 0
        self._closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """Raises `TooMany`, `Unavailable` where it was closed meanwhile, and whatever ``work``
        raises."""
        if self.closed():
            raise Unavailable()
        if self._busy >= self._most:
            raise TooMany("Too many do this at the moment. " + TooMany.hint, retry_after=2)
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.closed() and task is not None and not task.cancelling():
                raise Unavailable() from None  # the work was dropped, its caller was not
            raise
        finally:
            self._busy -= 1

    def closed(self) -> bool:
        """Whether it takes no more work."""
        return self._closed

    def close(self) -> None:
        """Drops what waits, without waiting for what runs."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
