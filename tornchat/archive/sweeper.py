"""The sweeper: takes files off the disk that nobody can see any more.

SQL says first what is to go (with its message, in the transaction that takes the deletion), then
the file goes, then its row. Whatever is interrupted in between is done again, by whichever worker
holds the lease.
"""

from __future__ import annotations

import asyncio
import time

from tornchat import metrics
from tornchat.archive import files
from tornchat.archive.engine import Database
from tornchat.log import files as in_log
from tornchat.log.client import Client
from tornchat.media.folder import Folder

SWEEP_SECONDS = 60.0
UNSENT_SECONDS = 24 * 3600
"""What was uploaded and not sent is kept for a day: a message with it may wait for the network."""
BATCH = 200


class Sweeper:
    """Of one worker; works while that holds the lease."""

    def __init__(self, client: Client, database: Database, folder: Folder) -> None:
        self._client = client
        self._database = database
        self._folder = folder
        self._due = 0.0

    def hurry(self) -> None:
        """Something was dropped."""
        self._due = 0.0

    async def sweep(self) -> bool:
        """Whether there may be more to do at once. Raises `DatabaseAway`, `LogAway`, OSError."""
        now = asyncio.get_running_loop().time()
        if now < self._due:
            return False
        self._due = now + SWEEP_SECONDS
        await self._drop_unsent()
        async with self._database.read() as conn:
            ids = await files.dropped(conn, BATCH)
        if ids:
            await asyncio.to_thread(self._remove, ids)
            async with self._database.write() as conn:
                await files.forget(conn, ids)
            metrics.FILES_REMOVED.inc(len(ids))
        await asyncio.to_thread(self._folder.sweep, UNSENT_SECONDS)
        if len(ids) < BATCH:
            return False
        self.hurry()
        return True

    async def _drop_unsent(self) -> None:
        at = int(time.time() * 1000)
        async with self._database.read() as conn:
            old = await files.unsent(conn, at - UNSENT_SECONDS * 1000, BATCH)
        # A message that is still in the queue has some of them; none can get the others now.
        free = await in_log.claim(self._client, old) if old else []
        if free:
            async with self._database.write() as conn:
                await files.drop(conn, free, at)

    def _remove(self, ids: list[str]) -> None:
        for id in ids:
            self._folder.remove(id)
