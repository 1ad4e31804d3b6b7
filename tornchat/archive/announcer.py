"""The announcer: what SQL has decided is said on the log, in order and once.

A change and its announcement are one transaction, so neither a crash nor a shell command with the
server stopped can lose the announcement. Only the holder of the lease makes them, oldest first. Who
made the change waits until it is announced, so that "joined" means that a message can be sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat import metrics
from tornchat.archive import marks, members, outbox, rooms
from tornchat.archive.engine import Database
from tornchat.domain.announcements import Announcement
from tornchat.domain.errors import LogAway
from tornchat.log import append, presence, upkeep
from tornchat.log.client import Client

logger = logging.getLogger(__name__)

WAIT_SECONDS = 6.0
LOOK_SECONDS = 0.25
SURE_SECONDS = 2.0
"""That nobody has written is believed of the files for so long: not all file systems are exact."""
BATCH = 100


async def note(conn: AsyncConnection, made: list[tuple[int, int, Announcement]], now: int) -> None:
    """Note announcements (row id, id of the first event) as made, unless they were noted before."""
    for row_id, first, announcement in made:
        if not await outbox.done(conn, row_id, first, now):
            continue
        if announcement.joined:
            room, *people = announcement.joined
            for user in people:
                await members.set_joined_id(conn, room, user, first)
        if announcement.opened:
            await rooms.opened(conn, announcement.opened, first)


class Change:
    """One transaction that may announce things. ``conn`` is its connection."""

    def __init__(self, conn: AsyncConnection, now: int) -> None:
        self.conn = conn
        self.now = now
        self.keys: list[str] = []
        self.late = False
        """Committed, but not announced within `WAIT_SECONDS`: it will be."""

    async def announce(self, announcement: Announcement) -> None:
        """Write an announcement into the outbox, in this transaction."""
        row = await outbox.add(self.conn, announcement.payload(), self.now)
        self.keys.append(row.key)


class Announcer:
    """Changes with announcements for any worker; `make_waiting` is for the holder of the lease."""

    def __init__(self, client: Client, database: Database) -> None:
        self.wake = asyncio.Event()
        self._client = client
        self._database = database
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._idle: object | None = None
        """The database's state before the last look, which found nothing to announce,"""
        self._idle_until = 0.0
        """and until when that is believed, on the loop's clock."""

    @asynccontextmanager
    async def change(self, now: int) -> AsyncIterator[Change]:
        """``async with announcer.change(now) as change``: commits, then waits for what it
        announced.

        Where the announcements take too long, the change stands all the same and they follow.
        """
        async with self._database.write() as conn:
            change = Change(conn, now)
            yield change
        if change.keys:
            change.late = not await self._announced(change.keys)

    def control(self, message: str) -> None:
        """What workers say to each other on the control channel."""
        if message == append.NUDGE:
            self.wake.set()
        elif made := append.announced(message):
            waiting = self._waiting.get(made[0])
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    async def make_waiting(self) -> bool:
        """Make the oldest announcements; whether there may be more."""
        now, state = asyncio.get_running_loop().time(), self._database.state()
        if state is not None and state == self._idle and now < self._idle_until:
            return False
        async with self._database.read() as conn:
            # Mostly there is nothing: one query then.
            rows = await outbox.waiting(conn, 1)
            if rows:
                fence = await marks.read(conn, "fence")
                rows = await outbox.waiting(conn, BATCH)
        metrics.OUTBOX_WAITING.set(len(rows))
        if not rows:
            self._idle, self._idle_until = state, now + SURE_SECONDS
            return False
        made: list[tuple[int, int, Announcement]] = []
        try:
            for row in rows:
                announcement = Announcement.of(row.payload)
                first = await append.announce(self._client, row.key, announcement)
                made.append((row.id, first, announcement))
        finally:
            if made:
                await self._note(made, fence)
                moved = {user for _, _, announcement in made for user in announcement.moved}
                if moved:
                    await presence.say_moved(self._client, moved)
        return len(rows) == BATCH

    async def _note(self, made: list[tuple[int, int, Announcement]], fence: int) -> None:
        _, now = await upkeep.clock_and_time(self._client)
        async with self._database.write() as conn:
            # After a fence it is not known whether they are still in the log. What is not noted is
            # announced again, which does nothing where the log remembers the key.
            if await marks.holds(conn, "fence", fence):
                await note(conn, made, now)

    async def _announced(self, keys: list[str]) -> bool:
        """Wait for announcements to be heard of, or found made where that was not heard; False
        where they are late."""
        loop = asyncio.get_running_loop()
        for key in keys:
            self._waiting[key] = loop.create_future()
        try:
            await append.nudge(self._client)
            async with asyncio.timeout(WAIT_SECONDS):
                for key in keys:
                    await self._until_made(key)
            return True
        except (TimeoutError, LogAway):
            logger.warning("announcements are late: the change stands and they will follow")
            return False
        finally:
            for key in keys:
                del self._waiting[key]

    async def _until_made(self, key: str) -> None:
        while not await append.was_announced(self._client, key):
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await asyncio.shield(self._waiting[key])
            except TimeoutError:
                continue
            return
