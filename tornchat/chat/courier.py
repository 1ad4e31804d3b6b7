"""The courier: tells webhooks what was said in their rooms, each in order and until it takes it.

It reads the log, so a post does nothing for it. One worker at a time does it (a lease), and each
webhook is claimed in SQL before it is told, so that two couriers do no harm. How far one was told
is written down only when its address has answered: over crashes and restarts nothing is left out,
and what is told again has the ids it had.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import replace
from typing import Any

from tornchat.archive import webhooks
from tornchat.archive.rows import Webhook
from tornchat.chat.context import Chat
from tornchat.chat.duty import Duty
from tornchat.domain.errors import TornchatError
from tornchat.domain.ids import MAX_ID
from tornchat.domain.topics import room_topic
from tornchat.domain.webhooks import after_failure, signature
from tornchat.log import read
from tornchat.media.fetcher import Fetcher, Unfetchable
from tornchat.wire.browser import event_object, to_json

logger = logging.getLogger(__name__)

ROUND_SECONDS = 1.0
CLAIM_MS = 30_000
"""Longer than an address has to answer."""
SEND_SECONDS = 15.0
EVENTS = 50
"""In one request."""
AT_ONCE = 8


class Courier:
    """``fetcher`` is for webhooks alone: a slow address must not hold up anything else."""

    def __init__(self, chat: Chat, fetcher: Fetcher) -> None:
        self._chat = chat
        self._fetcher = fetcher
        self._duty = Duty(chat.client, chat.client.keys.courier, "courier")
        self._task: asyncio.Task[None] | None = None
        self._under_way: set[str] = set()
        self._telling: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Stop, and let another worker take over at once."""
        if self._task is not None:
            for task in (self._task, *self._telling):
                task.cancel()
            await asyncio.gather(self._task, *self._telling, return_exceptions=True)
            self._task = None
            await self._duty.give_up()
        await self._fetcher.close()

    async def _run(self) -> None:
        while True:
            if await self._duty.is_mine():
                await self._duty.attempt(self.look)
            await asyncio.sleep(ROUND_SECONDS)

    async def look(self) -> bool:
        """Begin to tell those of whose rooms there is something new."""
        now = self._chat.now()
        async with self._chat.database.read() as conn:
            due = await webhooks.due(conn, now)
        if not due:
            return False
        topics = list({room_topic(webhook.room_id) for webhook in due})
        heads = (await read.position(self._chat.client, topics)).heads
        for webhook in due:
            if heads[room_topic(webhook.room_id)] <= webhook.cursor:
                continue
            if webhook.id not in self._under_way and len(self._telling) < AT_ONCE:
                self._under_way.add(webhook.id)
                task = asyncio.ensure_future(self._tell(webhook))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
        return True

    async def _tell(self, webhook: Webhook) -> None:
        """Everything that is there, one request after the other, for as long as they are taken."""
        try:
            while (following := await self._told(webhook)) is not None:
                webhook = following
        except TornchatError as error:
            logger.debug("the courier waits: %s", error)
        except Exception:
            logger.exception("the courier failed and tries again")
        finally:
            self._under_way.discard(webhook.id)

    async def _told(self, webhook: Webhook) -> Webhook | None:
        """Tell the next events; the webhook as it is then, where there may be more."""
        chat = self._chat
        async with chat.database.write() as conn:
            if not await webhooks.claim(conn, webhook, chat.now() + CLAIM_MS):
                return None
        topic = room_topic(webhook.room_id)
        events, complete = await read.page(chat.client, {topic: webhook.cursor}, MAX_ID, EVENTS)
        if not events:  # trimmed, or of a log that was lost
            await self._noted(webhook, next_at=chat.now() + CLAIM_MS)
            return None
        said: dict[str, Any] = {"webhook": webhook.id, "events": [*map(event_object, events)]}
        if events[0].prev > webhook.cursor:
            said["missed"] = True
        body = to_json(said)
        status, asked, why = await self._post(webhook, body, events[-1].id)
        if 200 <= status < 300:
            reached: dict[str, Any] = {
                "cursor": events[-1].id,
                "tries": 0,
                "next_at": 0,
                "failing_since": None,
            }
            await self._noted(webhook, **reached)
            return replace(webhook, **reached) if complete < MAX_ID else None
        now = chat.now()
        since = webhook.failing_since or now
        verdict = after_failure(webhook.tries, now - since, status, why, asked, random.random())
        if verdict.ended:
            await self._ended(webhook, verdict.ended)
        else:
            await self._noted(
                webhook,
                tries=webhook.tries + 1,
                failing_since=since,
                reason=why,
                next_at=now + verdict.pause,
            )
        return None

    async def _post(
        self, webhook: Webhook, body: bytes, last: int
    ) -> tuple[int, float | None, str]:
        """Status (0 where nobody answered), what it asks to wait, and what was wrong."""
        stamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "X-Tornchat-Timestamp": str(stamp),
            "X-Tornchat-Signature": signature(webhook.secret, stamp, body),
            "X-Tornchat-Delivery": f"{webhook.id}:{last}",
        }
        try:
            posted = await self._fetcher.post(webhook.url, body, headers, seconds=SEND_SECONDS)
        except Unfetchable as error:
            return 0, None, f"It was not reached: {error}."
        return posted.status, posted.retry_after, f"It answered {posted.status}."

    async def _ended(self, webhook: Webhook, reason: str) -> None:
        logger.warning("webhook %s is given up: %s", webhook.id, reason)
        await self._noted(webhook, ended_at=self._chat.now(), reason=reason)

    async def _noted(self, webhook: Webhook, **changed: Any) -> None:
        if changed.get("failing_since", 0) is None:
            changed["reason"] = None
        async with self._chat.database.write() as conn:
            await webhooks.note(conn, webhook.id, **changed)
