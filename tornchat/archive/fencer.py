"""The fence: what is done about a Redis that came back with less than it had.

Redis may have lost its last second, or everything, or may be an older copy. Until its clock has been
set above every id that was ever given, it could give one again, so every script refuses to run
there. The first worker to meet that fences, and all that SQL knows goes back into the mirror.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from tornchat.archive import marks, members, outbox, sessions
from tornchat.archive.engine import Database
from tornchat.domain.ids import FENCE_STEP, TICKS_PER_MS, id_at
from tornchat.domain.sessions import SessionRecord
from tornchat.log import mirror, upkeep
from tornchat.log.client import Client

logger = logging.getLogger(__name__)

LOOK_BACK_MS = 5 * 60_000
"""Ids may be ahead of the time by a few fences, so look a bit further back for lost announcements."""
TOGETHER = 200


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
        survived, now = await upkeep.clock_and_time(client)
        async with self._database.read() as conn:
            archived = await marks.read(conn, "archived")
            before = await marks.read(conn, "fence")
        reached = max(survived, id_at(now), archived, self._seen())
        async with self._database.write() as conn:
            mark = await marks.raise_to(conn, "fence", max(reached, before) + FENCE_STEP)
        if survived and archived <= survived:
            await self._announce_again(survived, reached + FENCE_STEP // 2)
        staged = await self._restore_mirror(now)
        fenced = await upkeep.fence(client, mark, archived, staged, FENCE_STEP)
        if fenced.first:
            logger.info(
                "fenced the log: it had reached %d and goes on after %d; readers before %d reload",
                survived,
                fenced.clock,
                fenced.floor,
            )

    async def _announce_again(self, survived: int, reached: int) -> None:
        """Nobody is told to reload, so what was announced in the lost end of the log is announced
        again. Not above ``reached``: those are announcements made after another worker's fence."""
        since = survived // TICKS_PER_MS - LOOK_BACK_MS
        async with self._database.write() as conn:
            lost = [
                row.id
                for row in await outbox.recent(conn, since)
                if row.announced_id is not None and survived < row.announced_id <= reached
            ]
            if lost:
                logger.warning("%d announcements were lost and are made again", len(lost))
                await outbox.reopen(conn, lost)

    async def _restore_mirror(self, now: int) -> str:
        """Write memberships anew and put all sessions aside; gives the key of the latter."""
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
        for start in range(0, len(everybody), TOGETHER):
            part = everybody[start : start + TOGETHER]
            await asyncio.gather(
                *(mirror.restore_memberships(self._client, user, rooms) for user, rooms in part)
            )
        return staged
