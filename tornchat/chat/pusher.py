"""The pusher: follows what was said, and tells those who are not connected.

It reads the archive, so a post does nothing for it. One worker at a time does it (a lease), in two
steps that each survive its end: who is to be told of a message is written down in the transaction
that notes how far it has looked (*plan*); what is written down is claimed, sent, and taken away
(*deliver*). A worker that dies in between leaves claims that end by themselves, so nothing is lost;
what it had sent and not yet taken away is sent once more, and takes the place of the first
notification.

A message waits a moment before anybody is told: who was only coming back has a stream by then, and
who looks at another device has read it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Sequence
from itertools import takewhile

from tornchat import metrics
from tornchat.archive import blocks, marks, messages, push
from tornchat.archive.push import Candidate, Delivery
from tornchat.chat.context import Chat
from tornchat.chat.duty import Duty
from tornchat.chat.pushing import PushKeys
from tornchat.domain import mentions, pushing
from tornchat.domain.attention import concerns, level_of
from tornchat.domain.messages import Message
from tornchat.domain.pushing import Verdict
from tornchat.log import append, seats, upkeep
from tornchat.media.fetcher import Fetcher, Posted, Unfetchable

logger = logging.getLogger(__name__)

WAIT_MS = 5_000
ROUND_SECONDS = 1.0
CLAIM_MS = 120_000
"""Longer than a batch takes: its pushes have `SEND_SECONDS` each, some of them at a time."""
SEND_SECONDS = 15.0
BATCH = 200
AT_ONCE = 16
PER_MINUTE = 20
BURST = 10


class Pusher:
    """``fetcher`` is for pushes alone: a slow push service must not hold up anything else.

    ``wait_ms``: how old a message is before anybody is told.
    """

    def __init__(
        self, chat: Chat, keys: PushKeys, fetcher: Fetcher, *, wait_ms: int = WAIT_MS
    ) -> None:
        self.wait_ms = wait_ms
        self._chat = chat
        self._keys = keys
        self._fetcher = fetcher
        self._duty = Duty(chat.client, chat.client.keys.pusher, "pusher")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Stop, and let another worker take over at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            await self._duty.give_up()
        await self._fetcher.close()

    async def _run(self) -> None:
        while True:
            more = False
            if await self._duty.is_mine():
                # Each for itself: one that always fails must not stop the other.
                outcomes = [await self._duty.attempt(step) for step in (self.plan, self.deliver)]
                more = True in outcomes and None not in outcomes
            await asyncio.sleep(0 if more else ROUND_SECONDS)

    # -- who is to be told

    async def plan(self) -> bool:
        """Look through messages that were archived; whether there may be more."""
        database = self._chat.database
        async with database.read() as conn:
            first = await push.first_since(conn)
            if first is None:
                return False
            pushed = await marks.read(conn, "pushed")
            said = await messages.said_after(conn, max(pushed, first), BATCH)
        if not said:
            return False
        _, now = await upkeep.clock_and_time(self._chat.client)
        ripe = list(takewhile(lambda message: message.at <= now - self.wait_ms, said))
        if not ripe:
            return False
        fresh = [one for one in ripe if not one.deleted and one.at > now - pushing.TTL_MS]
        async with database.read() as conn:
            asked = await push.candidates(conn, {message.room for message in fresh}, now)
            blocked = await blocks.pairs(
                conn, {one.user for one in asked}, {message.author for message in fresh}
            )
        # Each with each: thousands of people would stop all else here.
        wanted = await asyncio.to_thread(chosen, fresh, asked, blocked)
        here = await seats.seated(self._chat.client, {one.user for one, _ in wanted})
        async with database.write() as conn:
            # Another one has looked through the same meanwhile: what it found stands.
            if not await marks.holds(conn, "pushed", pushed):
                return True
            for candidate, theirs in wanted:
                if candidate.user not in here:
                    last = theirs[-1].id
                    await push.want(
                        conn, candidate.subscription, candidate.room, last, len(theirs), now
                    )
            await marks.raise_to(conn, "pushed", ripe[-1].id)
        return len(ripe) == BATCH

    # -- and telling them

    async def deliver(self) -> bool:
        """Send what is due; whether there may be more."""
        database = self._chat.database
        _, now = await upkeep.clock_and_time(self._chat.client)
        async with database.read() as conn:
            due = await push.due(conn, now, AT_ONCE)
        if not due:
            metrics.PUSHES_WAITING.set(0)
            return False
        here = await seats.seated(self._chat.client, {delivery.user for delivery in due})
        async with database.write() as conn:
            mine = await push.claim(conn, due, now + CLAIM_MS)
        verdicts = await asyncio.gather(*(self._told(one, here, now) for one in mine))
        async with database.write() as conn:
            for delivery, (outcome, wait) in zip(mine, verdicts, strict=True):
                if outcome == "later":
                    await push.put_off(conn, delivery, now + wait, delivery.attempts)
                    continue
                metrics.PUSHES.labels(outcome).inc()
                if outcome == "again":
                    await push.put_off(conn, delivery, now + wait, delivery.attempts + 1)
                elif outcome == "gone":
                    await push.unsubscribe(conn, delivery.target.id)
                else:
                    await push.done(conn, delivery, now)
            metrics.PUSHES_WAITING.set(await push.waiting(conn))
        return len(due) == AT_ONCE

    async def _told(self, delivery: Delivery, here: set[str], now: int) -> tuple[str, int]:
        """What has become of it, and milliseconds to wait where it is to be tried again."""
        if delivery.user in here or not is_wanted(delivery, now):
            return "dropped", 0
        limit = f"push:{delivery.user}"
        wait = await append.wait_of_limit(self._chat.client, limit, PER_MINUTE, BURST)
        if wait > 0:
            return "later", round(wait * 1000)  # what comes meanwhile is told with it
        verdict, asked = await self._send(delivery, now)
        if verdict != "again":
            return verdict, 0
        if delivery.attempts + 1 >= pushing.MOST_ATTEMPTS:
            return "dropped", 0
        return verdict, pushing.pause_after(delivery.attempts, asked, random.random())

    async def _send(self, delivery: Delivery, now: int) -> tuple[Verdict, float | None]:
        from tornchat.chat import push_keys  # see there

        target = delivery.target
        signer = await self._keys.signer(self._chat)
        sealed = await asyncio.to_thread(push_keys.sealed, target, payload_of(delivery))
        headers = {
            "Authorization": signer.authorization(target.origin),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str((pushing.TTL_MS - (now - (delivery.at or now))) // 1000),
            "Urgency": "high" if delivery.kind == "direct" else "normal",
            "Topic": pushing.topic_of(target.id, delivery.room),
        }
        try:
            posted = await self._fetcher.post(
                target.endpoint, sealed, headers, seconds=SEND_SECONDS
            )
        except Unfetchable as error:
            logger.debug("a push service was not reached: %s", error)
            posted = Posted(503)
        verdict = pushing.verdict_on(posted.status)
        if verdict == "refused":
            logger.warning("%s refuses a push: %d", target.origin, posted.status)
        return verdict, posted.retry_after


def chosen(
    said: Sequence[Message],
    candidates: Sequence[Candidate],
    blocked: Collection[tuple[str, str]] = (),
) -> list[tuple[Candidate, list[Message]]]:
    """Who is to be told of which of these messages. ``blocked``: who hears nothing of whom."""
    found = []
    for one in candidates:
        theirs = [
            message
            for message in said
            if is_for(one, message) and (one.user, message.author) not in blocked
        ]
        if theirs:
            found.append((one, theirs))
    return found


def is_for(candidate: Candidate, message: Message) -> bool:
    """Whether somebody is to be told of a message, by the level that they chose for its room."""
    if message.room != candidate.room or message.id <= candidate.after:
        return False
    fields = {
        "author": message.author,
        "mentions": message.mentions or (),
        "here": message.here,
        "reply_author": message.reply_author,
    }
    return concerns(
        level_of(candidate.level, candidate.kind),
        candidate.kind,
        mine=message.author == candidate.user,
        for_me=mentions.is_for(fields, candidate.user),
    )


def is_wanted(delivery: Delivery, now: int) -> bool:
    """Whether it still says anything: not read, not deleted, not too old, and not to be quiet."""
    if delivery.hushed:
        return False
    if delivery.body is None or delivery.at is None or delivery.read >= delivery.message:
        return False
    quiet = delivery.quiet_until is not None and delivery.quiet_until > now
    return not quiet and delivery.at > now - pushing.TTL_MS


def payload_of(delivery: Delivery) -> dict[str, object]:
    """What the browser is told."""
    name = None if delivery.kind == "direct" else delivery.room_name
    return pushing.payload(
        room=delivery.room,
        message=delivery.message,
        at=delivery.at or 0,
        title=pushing.title_of(delivery.author or "Tornchat", name),
        text=pushing.summary(delivery.body or "") if delivery.text else None,
        count=delivery.count,
    )
