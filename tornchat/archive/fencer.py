"""The fence: what is done about a Redis that came back with less than it had.

Redis may have lost its last second, or everything, or may be an older copy. Until its clock has
been set above every id that was ever given, it could give one again, so every script refuses to run
there. The first worker to meet that fences, and all that SQL knows goes back into the mirror.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from sqlalchemy import select

from tornchat import metrics
from tornchat.archive import marks, members, messages, outbox, rooms, sessions
from tornchat.archive.announcer import note
from tornchat.archive.engine import Database
from tornchat.archive.schema import installation
from tornchat.domain.announcements import Announcement
from tornchat.domain.ids import FENCE_STEP, id_at
from tornchat.domain.sessions import SessionRecord
from tornchat.log import append, mirror, upkeep
from tornchat.log.client import Client

logger = logging.getLogger(__name__)

WAITING = 1000
"""A keeper makes far fewer announcements before it notes them."""
TOGETHER = 200
MESSAGES = 1000
"""Read at once, to put their nonces back."""


class Fencer:
    """``seen`` gives the largest id that this worker has seen."""

    def __init__(self, client: Client, database: Database, seen: Callable[[], int]) -> None:
        self._client = client
        self._database = database
        self._seen = seen

    async def fence(self) -> None:
        """Fence the log unless it is. Raises `LogAway` and `DatabaseAway`: both are needed for it.

        Workers may do this at the same time: what they write is the same, and one script decides.
        """
        client = self._client
        if await upkeep.is_fenced(client):
            return
        run_id = client.run_id
        survived, now = await upkeep.clock_and_time(client)
        # From here on no keeper commits what it had taken from the log before: see `marks.holds`.
        async with self._database.write() as conn:
            archived = await marks.read(conn, "archived")
            before = await marks.read(conn, "fence")
            reached = max(survived, id_at(now), archived, self._seen(), before)
            mark = await marks.raise_to(conn, "fence", reached + FENCE_STEP)
        await self._note_what_was_announced(now)
        if survived and archived <= survived:
            await self._announce_again(survived)
        if archived > survived:
            await self._remember_nonces(survived, now)
        staged = await self._restore_mirror(now)
        await self._sign()
        fenced = await upkeep.fence(client, run_id, mark, archived, staged, FENCE_STEP)
        # A mark ahead of the time may be that of a worker that fences a new log together with us.
        used = archived > survived or 0 < before <= id_at(now)
        lost = used and fenced.floor >= fenced.clock
        if fenced.first:
            metrics.FENCES.labels("yes" if lost else "no").inc()
        if fenced.first and lost:
            logger.warning(
                "Redis came back with less than it had (up to %d): the log goes on after %d, and"
                " all readers reload",
                survived,
                fenced.clock,
            )
        elif fenced.first:
            logger.debug("the log had reached %d and goes on after %d", survived, fenced.clock)

    async def _note_what_was_announced(self, now: int) -> None:
        """Announcements that are still in the log, made by a keeper that did not come to note them.

        Their memberships belong into the mirror: nobody will announce them again.
        """
        async with self._database.read() as conn:
            rows = await outbox.waiting(conn, WAITING)
        ids = await append.announced_ids(self._client, [row.key for row in rows])
        made = [
            (row.id, ids[row.key], Announcement.of(row.payload)) for row in rows if row.key in ids
        ]
        if made:
            async with self._database.write() as conn:
                await note(conn, made, now)

    async def _announce_again(self, survived: int) -> None:
        """Nobody is told to reload, so what was announced in the lost end of the log is announced
        again."""
        async with self._database.read() as conn:
            lost = {row.id: row.announced_id for row in await outbox.made_above(conn, survived)}
        # While the log is not fenced nobody announces, so these were made in what was lost.
        if not lost or await upkeep.is_fenced(self._client):
            return
        logger.warning("%d announcements were lost and are made again", len(lost))
        async with self._database.write() as conn:
            rows = await outbox.made_above(conn, survived)
            # Another worker may have had them announced again meanwhile, with other ids.
            await outbox.reopen(
                conn, [row.id for row in rows if row.announced_id == lost.get(row.id)]
            )

    async def _remember_nonces(self, survived: int, now: int) -> None:
        """Who did not hear that a message was accepted sends it again: it is still the same one."""
        after = max(survived, id_at(now - append.NONCE_SECONDS * 1000))
        while True:
            async with self._database.read() as conn:
                page = await messages.with_nonce(conn, after=after, limit=MESSAGES)
            if not page:
                return
            await append.remember_nonces(self._client, page, now)
            after = page[-1].id

    async def _sign(self) -> None:
        """A Redis that lost everything is still that of our database."""
        async with self._database.read() as conn:
            id = await conn.scalar(select(installation.c.value).where(installation.c.name == "id"))
        if id:
            await upkeep.sign(self._client, id)

    async def _restore_mirror(self, now: int) -> str:
        """Write memberships and conduct anew and put all sessions aside; the key of the latter."""
        token = secrets.token_hex(8)
        staged = await mirror.stage_sessions(self._client, token, {})
        async with self._database.read() as conn:
            async for page in sessions.every_live(conn, now):
                records = {
                    live.hash: SessionRecord(
                        live.user_id, live.role, live.kind, live.expires_at
                    ).packed()
                    for live in page
                }
                await mirror.stage_sessions(self._client, token, records)
            everybody = [entry async for entry in members.by_user(conn)]
            demanded = [entry async for entry in rooms.every_conduct(conn)]
        for start in range(0, len(everybody), TOGETHER):
            part = everybody[start : start + TOGETHER]
            await asyncio.gather(
                *(mirror.restore_memberships(self._client, user, joined) for user, joined in part)
            )
        for start in range(0, len(demanded), TOGETHER):
            await asyncio.gather(
                *(
                    mirror.restore_conduct(self._client, room, entries)
                    for room, entries in demanded[start : start + TOGETHER]
                )
            )
        return staged
