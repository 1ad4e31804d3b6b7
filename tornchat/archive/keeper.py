"""The keeper: the one worker that holds the lease announces, archives and trims for all.

Two holders at once (one of them was frozen and does not know yet) do no harm: announcements carry
keys, rows in SQL are unique, and watermarks only grow. The lease only keeps them from doing the
same work twice.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tornchat import metrics
from tornchat.archive import audit, files, marks, messages, mutes, outbox, search, sessions
from tornchat.archive.announcer import Announcer
from tornchat.archive.engine import Database
from tornchat.archive.sweeper import Sweeper
from tornchat.domain import announcements
from tornchat.domain.changes import CHANGES, DELETED
from tornchat.domain.errors import TornchatError
from tornchat.domain.events import Event
from tornchat.domain.ids import id_at
from tornchat.domain.messages import message_of
from tornchat.log import upkeep
from tornchat.log.client import Client

logger = logging.getLogger(__name__)

LEASE_MS = 3000
ROUND_SECONDS = 0.25
RETRY_SECONDS = 1.0
TIDY_SECONDS = 60.0
BATCH = 500
MOST_CHARACTERS = 1_000_000
"""Of texts in one transaction, which others wait for: to index them takes the better part of it."""
REPORT_SECONDS = 10.0
ASIDE_SECONDS = 1.0
"""Several rounds of the others: time enough for one of them to take the lease."""
HOUR_MS = 3_600_000
NONCE_MS = 23 * HOUR_MS
"""A little less than the log remembers a nonce, so that there is no moment when only SQL does."""


class Keeper:
    """``log_hours``: how long the log in Redis keeps what the archive has taken; ``audit_days``:
    how long the audit log keeps what was done, 0 for ever."""

    def __init__(
        self,
        client: Client,
        database: Database,
        announcer: Announcer,
        sweeper: Sweeper,
        log_hours: float,
        audit_days: int = 0,
    ) -> None:
        self._client = client
        self._database = database
        self._announcer = announcer
        self.sweeper = sweeper
        self._log_hours = log_hours
        self._audit_days = audit_days
        self._token = secrets.token_hex(16)
        self._task: asyncio.Task[None] | None = None
        self._tidied = 0.0
        self._indexed = False
        self._reported = -REPORT_SECONDS
        self._aside_until = 0.0

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Stop, and let another worker take over at once."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with suppress(TornchatError):  # else it ends by itself
            await upkeep.hold_lease(self._client, self._token, 0)

    async def step_aside(self) -> None:
        """Let another worker take over, and go on only where there is none."""
        self._aside_until = asyncio.get_running_loop().time() + ASIDE_SECONDS
        with suppress(TornchatError):
            await upkeep.hold_lease(self._client, self._token, 0)

    async def _run(self) -> None:
        wake = self._announcer.wake
        while True:
            pause = ROUND_SECONDS
            wake.clear()
            if await self._done(self._hold_lease):
                # Each for itself: one that always fails must not stop the others.
                steps = (
                    self._announcer.make_waiting,
                    self.archive,
                    self._index_history,
                    self._tidy,
                    self.sweeper.sweep,
                )
                outcomes = [await self._done(step) for step in steps]
                if None in outcomes:
                    pause = RETRY_SECONDS
                elif any(outcomes):
                    pause = 0.0
            else:
                metrics.OUTBOX_WAITING.set(0)  # another worker holds the lease and knows
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await wake.wait()

    async def _hold_lease(self) -> bool:
        if asyncio.get_running_loop().time() < self._aside_until:
            return False
        return await upkeep.hold_lease(self._client, self._token, LEASE_MS)

    async def _done(self, step: Callable[[], Awaitable[bool]]) -> bool | None:
        """What a step says: whether there may be more; None where it failed."""
        try:
            return await step()
        except TornchatError as error:
            logger.debug("the keeper waits: %s", error)
        except Exception:
            logger.exception("the keeper failed and tries again")
        return None

    async def archive(self) -> bool:
        """Take the oldest part of the queue into SQL; whether there may be more.

        The watermark is committed with the rows, and only then is the queue cut.
        """
        if not await upkeep.any_queued(self._client):
            return False
        async with self._database.read() as conn:
            fence = await marks.read(conn, "fence")
        queued = await upkeep.queued(self._client, BATCH)
        events = _at_once(queued)
        if not events:
            return False
        last = events[-1].id
        async with self._database.write() as conn:
            # A fence decides by the watermark whether readers must reload. What was read before it
            # and is committed after it would be in the history and on no stream.
            if not await marks.holds(conn, "fence", fence):
                return True
            said = [
                message_of(event.id, event.fields) for event in events if event.kind == "message"
            ]
            changes = [event for event in events if event.kind in CHANGES]
            await messages.insert_many(conn, said)
            await files.give_to(conn, said)
            gone = await messages.change_many(conn, changes)
            deleted = {event.fields["message"] for event in changes if event.kind == DELETED}
            if changes:
                await files.drop(conn, gone, changes[-1].fields["at"])
                await files.drop_of_messages(conn, deleted, changes[-1].fields["at"])
            await search.index(conn, _said_or_changed(events))
            await marks.raise_to(conn, "archived", last)
        await upkeep.set_archived(self._client, last)
        if gone or deleted:
            self.sweeper.hurry()
        return len(queued) == BATCH or len(events) < len(queued)

    async def _index_history(self) -> bool:
        """Take a part of what was in the history before there was an index into it."""
        if self._indexed:
            return False
        async with self._database.read() as conn:
            self._indexed = await search.is_complete(conn)
        if self._indexed:
            return False
        async with self._database.write() as conn:
            left = await search.index_history(conn)
        now = asyncio.get_running_loop().time()
        if left == 0:
            logger.info("search: the history is indexed")
        elif now - self._reported >= REPORT_SECONDS:
            self._reported = now
            logger.info("search: %d messages of the history are yet to be indexed", left)
        return left > 0

    async def _tidy(self) -> bool:
        """Trim the log, and forget announcements, nonces, sessions and what was done that are long
        over."""
        now = asyncio.get_running_loop().time()
        if now - self._tidied < TIDY_SECONDS:
            return False
        self._tidied = now
        _, at = await upkeep.clock_and_time(self._client)
        oldest = at - int(self._log_hours * HOUR_MS)
        await upkeep.trim(self._client, id_at(oldest))
        async with self._database.write() as conn:
            await outbox.forget_before(conn, oldest)
            await messages.forget_nonces(conn, at - NONCE_MS)
            expired = await sessions.remove_expired(conn, at)
            if expired:
                gone = announcements.sessions_expired(expired)
                await outbox.add(conn, gone.payload(), at)
            spoken = await mutes.remove_over(conn, at)
            if spoken:
                await outbox.add(conn, announcements.mutes_over(spoken).payload(), at)
            await audit.forget_failed(conn)
            if self._audit_days:
                await audit.forget_before(conn, at - self._audit_days * 24 * HOUR_MS)
        return False


def _at_once(events: list[Event]) -> list[Event]:
    """As many of the events as one transaction should take, and at least one."""
    characters = 0
    for number, event in enumerate(events):
        characters += len(event.fields.get("body", ""))
        if characters > MOST_CHARACTERS and number:
            return events[:number]
    return events


def _said_or_changed(events: list[Event]) -> set[int]:
    """The messages that these events are, or are about."""
    said = {event.id for event in events if event.kind == "message"}
    return said | {event.fields["message"] for event in events if event.kind in CHANGES}
