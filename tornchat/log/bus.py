"""The bus: one subscription connection of a worker, and the repair of what it missed.

What must hold: every event of a followed topic is handed on once it is known that nothing before it
is missing, and nothing is handed on while that is not known. `domain.sequence` has the rules; here
are the connection, the confirmations, the pulse that shows a deaf connection, and the reading.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol

from tornchat import metrics
from tornchat.domain.errors import LogAway, Unavailable
from tornchat.domain.events import Event
from tornchat.domain.sequence import Sequence
from tornchat.log import read
from tornchat.log.client import Client
from tornchat.log.connection import Connection, connect
from tornchat.wire import packed, stamps

logger = logging.getLogger(__name__)

PULSE_SECONDS = 1.0
DEAF_SECONDS = 3.0
CONFIRM_SECONDS = 5.0
PAUSE_SECONDS = 10.0
"""A longer repair closes the streams: their clients resume by themselves, here or elsewhere."""
REPAIR_LIMIT = 5000
"""More missing events than this are not handed on one by one: the streams are closed instead."""


LINGER_SECONDS = 10.0
"""A topic is followed for so long after its last reader has left: polls and those whose line broke
come back, and find it confirmed."""
MOST_LINGERING = 10_000


class Audience(Protocol):
    """Who listens to the bus (the hub)."""

    def hand_on(self, events: list[Event]) -> None:
        """The next events of followed topics: all that was heard, or read again, in one go."""

    def missed(self, topic: str, late: list[int] | None) -> None:
        """Events of ``topic`` with these ids come late (None: it is not known which are gone)."""

    def reload_all(self) -> None:
        """The log does not reach back to what was handed on last."""

    def close_all(self) -> None:
        """Delivery is not possible for now."""

    def join_again(self) -> None:
        """The log was fenced: memberships may be other ones than were announced."""

    def control(self, message: str) -> None:
        """Something said between workers."""


class Bus:
    """Follows topics for one worker. ``worker`` names its pulse channel."""

    def __init__(self, client: Client, url: str, worker: str, audience: Audience) -> None:
        self.sequence = Sequence()
        self.repairs = 0
        self._away = False
        self._client = client
        self._url = url
        self._keys = client.keys
        self._audience = audience
        self._pulse_channel = self._keys.pulse(worker)
        self._wanted: Counter[str] = Counter()
        self._lingering: dict[str, float] = {}
        """Those without a reader, with the time until which they are followed all the same, on the
        loop's clock; the earliest first."""
        self._unconfirmed: Counter[str] = Counter()
        self._waiters: dict[asyncio.Future[None], tuple[set[str], Connection | None]] = {}
        self._connection: Connection | None = None
        self._run_id = ""
        self._attention = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.get_running_loop()
        self._heard = self._held_since = self._loop.time()
        self._subscription = 0
        self._hearing = False

    # -- life

    async def start(self) -> None:
        """Connect, and begin at the log's clock. Raises `LogAway`."""
        connection = await self._connect()
        where = await read.position(self._client, [])
        self._run_id = connection.run_id
        self.sequence.start(where.clock)
        self._tasks = [asyncio.ensure_future(self._keep()), asyncio.ensure_future(self._beat())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            self._connection.close()

    def trouble(self) -> str | None:
        """Why nothing can be delivered at the moment; None where all is well."""
        if self._connection is None:
            return "no subscription to Redis"
        if self._loop.time() - self._heard > DEAF_SECONDS:
            return "deaf: the pulse sent through Redis does not come back"
        if self.sequence.holding:
            return "repairing: events are being read again from the log"
        return None

    @property
    def healthy(self) -> bool:
        return self.trouble() is None

    def hearing(self) -> int | None:
        """Number of the subscription on which everything said between workers is heard.

        None where it is not sure that all of it is. With each new number something may have been
        missed.
        """
        if not self._hearing or self._loop.time() - self._heard > DEAF_SECONDS:
            return None
        return self._subscription

    # -- topics

    def follow(self, topic: str) -> None:
        """Count one more reader of a topic; the first one subscribes."""
        lingers = self._lingering.pop(topic, None) is not None
        self._wanted[topic] += 1
        if self._wanted[topic] == 1 and not lingers and self._connection is not None:
            self._subscribe(self._connection, [topic])

    def unfollow(self, topic: str) -> None:
        """Count one reader less; some time after the last one the topic is forgotten."""
        self._wanted[topic] -= 1
        if not self._wanted[topic]:
            self._lingering[topic] = self._loop.time() + LINGER_SECONDS
            if len(self._lingering) > MOST_LINGERING:
                self._forget(next(iter(self._lingering)))

    def forget_left(self) -> None:
        """Forget the topics that have been without a reader for `LINGER_SECONDS`."""
        now = self._loop.time()
        while self._lingering:
            topic, until = next(iter(self._lingering.items()))
            if until > now:
                return
            self._forget(topic)

    def _forget(self, topic: str) -> None:
        del self._lingering[topic], self._wanted[topic]
        self.sequence.forget(topic)
        if self._connection is not None:
            self._connection.say("UNSUBSCRIBE", self._keys.channel(topic))

    async def confirmed(self, topics: Iterable[str], by: Connection | None = None) -> None:
        """Wait until Redis has confirmed every one of ``topics``. Raises `LogAway`.

        ``by`` this connection, or by whichever there is, should one be lost meanwhile.
        """
        wanted = set(topics)
        if self._all_confirmed(wanted):
            return
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiters[waiter] = (wanted, by)
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await waiter
        except TimeoutError:
            raise LogAway() from None
        finally:
            del self._waiters[waiter]

    def _all_confirmed(self, topics: set[str]) -> bool:
        return self._connection is not None and self._unconfirmed.keys().isdisjoint(topics)

    def _subscribe(self, connection: Connection, topics: list[str]) -> None:
        # Counted, because a topic may be left and followed again before Redis has answered the
        # first time: only the confirmation of the newest subscription counts.
        for topic in topics:
            self._unconfirmed[topic] += 1
        connection.say("SUBSCRIBE", *(self._keys.channel(topic) for topic in topics))

    # -- what comes in

    def _push(self, messages: list[list[Any]]) -> None:
        """What one read of the socket brought: what may be handed on of it goes on as one.

        While the worker is busy with some events more of them arrive, so that batches grow with the
        load by themselves.
        """
        ready: list[Event] = []
        try:
            for kind, name, data in messages:
                if kind == b"message":
                    self._message(name.decode(), data, ready)
                elif kind == b"subscribe":
                    self._confirm(name.decode())
        finally:
            if ready:
                self._audience.hand_on(ready)

    def _message(self, channel: str, data: bytes, ready: list[Event]) -> None:
        topic = self._keys.topic_of(channel)
        if topic is not None:
            if topic in self._wanted and topic not in self._unconfirmed:
                event = stamps.heard(packed.event_of_frame(topic, data))
                if self.sequence.offer(event):
                    ready.append(event)
                elif not self._attention.is_set():
                    self._attend()
        elif channel == self._pulse_channel:
            self._pulse(data)
        elif channel == self._keys.control:
            self._audience.control(data.decode())

    def _confirm(self, channel: str) -> None:
        topic = self._keys.topic_of(channel)
        if topic is None:
            return
        self._unconfirmed[topic] -= 1
        if self._unconfirmed[topic] > 0:
            return
        del self._unconfirmed[topic]
        # Thousands wait here when a worker's streams come back at once.
        for waiter, (topics, _) in self._waiters.items():
            if topic in topics and not waiter.done() and self._all_confirmed(topics):
                waiter.set_result(None)

    def _pulse(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if not self._hearing:
            # Both channels are followed by one command, so the other one is heard as well.
            self._hearing = True
            self._subscription += 1
        clock, heads = packed.unpack(data)
        followed = {topic: head for topic, head in heads.items() if topic in self._wanted}
        if not self.sequence.pulse(clock, followed):
            self._attend()

    def _lost(self, connection: Connection) -> None:
        if connection is self._connection:
            self._connection = None
            self._hearing = False
            self._unconfirmed.clear()
            self.sequence.hold()
            for waiter, (_, by) in self._waiters.items():
                if by is connection and not waiter.done():
                    waiter.set_exception(LogAway())
            self._attend()

    def _attend(self) -> None:
        """Something has to be repaired. Another loss during a repair does not begin a new pause."""
        if not self._attention.is_set():
            self._held_since = self._loop.time()
        self._attention.set()

    # -- keeping it up

    async def _keep(self) -> None:
        delay = 0.05
        while True:
            try:
                if self._connection is None:
                    await self._connect()
                if self.sequence.holding:
                    await self._repair()
                delay = 0.05
                if self._away:
                    logger.warning("events are delivered again")
                self._away = False
            except Exception as error:
                if isinstance(error, Unavailable):  # a fence needs the database as well
                    if not self._away:
                        # Some, such as a TimeoutError, have no words.
                        why = error.__cause__
                        cause = (str(why) or type(why).__name__) if why else "it is restarting"
                        logger.warning("no events are delivered: %s (%s)", error.title, cause)
                    self._away = True
                else:
                    logger.exception("the repair failed and is tried again")
                await asyncio.sleep(delay)
                delay = min(1.0, delay * 2)
                continue
            if not self.sequence.holding:
                self._attention.clear()
                await self._attention.wait()

    async def _connect(self) -> Connection:
        connection = await connect(self._url, self._push, self._lost)
        self._unconfirmed.clear()
        self._connection = connection
        self._heard = self._loop.time()
        connection.say("SUBSCRIBE", self._keys.control, self._pulse_channel)
        topics = list(self._wanted)
        for start in range(0, len(topics), 500):
            self._subscribe(connection, topics[start : start + 500])
        try:
            await self.confirmed(topics, by=connection)
        except LogAway:
            connection.close()  # or a repair would read the log before it hears what comes after
            raise
        return connection

    async def _repair(self) -> None:
        """Read what was missed and hand it on, before anything newer."""
        self.repairs += 1
        metrics.REPAIRS.labels("connection" if self.sequence.missing is None else "hole").inc()
        sequence = self.sequence
        where = await read.position(self._client, list(self._wanted))
        connection = self._connection
        if connection is None or connection.run_id != self._client.run_id:
            raise LogAway("Redis was restarted meanwhile.")
        base, partial = sequence.last, sequence.missing
        lows = sequence.lows(where.heads)
        history = await self._history(lows, where.clock)
        floor = await read.floor(self._client)
        if self._connection is not connection:
            return  # lost again meanwhile: what is held now belongs to a later repair
        heads = {topic: head for topic, head in where.heads.items() if topic in self._wanted}
        fenced = bool(self._run_id) and connection.run_id != self._run_id
        self._run_id = connection.run_id
        if history is None or (partial is None and base < floor):
            (self._audience.close_all if history is None else self._audience.reload_all)()
            history = []
        # A topic that was left meanwhile is forgotten, and must not become known again by this.
        history = [event for event in history if event.topic in self._wanted]
        for topic, low in lows.items():
            late = [event.id for event in history if event.topic == topic and event.id <= base]
            trimmed = partial is not None and low < floor
            if late or trimmed:
                self._audience.missed(topic, None if trimmed else late)
        if fenced:
            # Before anything is handed on: a membership that ended in what was lost ends here.
            self._audience.join_again()
        ready = sequence.resume(where.clock, heads, history)
        if ready:
            self._audience.hand_on(ready)

    async def _history(self, lows: dict[str, int], bound: int) -> list[Event] | None:
        """All events in (low, bound]; None where they are too many."""
        found: list[Event] = []
        while lows:
            events, complete = await read.page(self._client, lows, bound)
            found += events
            if len(found) > REPAIR_LIMIT:
                return None
            if complete >= bound:
                break
            lows = {topic: max(low, complete) for topic, low in lows.items()}
        return found

    async def _beat(self) -> None:
        """Send the pulse; give up a connection that does not carry it; close what waits too
        long."""
        pulse: asyncio.Task[None] | None = None
        while True:
            # A task of its own: it may wait for a fence, and the looks below must not.
            if pulse is None or pulse.done():
                pulse = asyncio.ensure_future(self._send_pulse())
            await asyncio.sleep(PULSE_SECONDS)
            self.forget_left()
            now = self._loop.time()
            if self._connection is not None and now - self._heard > DEAF_SECONDS:
                logger.warning("no pulse for %.1f s: subscribing again", now - self._heard)
                metrics.DEAF.inc()
                self._connection.close()
            if self.sequence.holding and now - self._held_since > PAUSE_SECONDS:
                self._audience.close_all()
                self._held_since = now

    async def _send_pulse(self) -> None:
        keys = self._keys
        try:
            await self._client.script(
                "pulse",
                [keys.run, keys.clock, keys.heads],
                [self._pulse_channel, *self._wanted],
            )
        except Unavailable:
            pass  # shows as a pulse that is not heard
        except Exception:
            logger.exception("the pulse cannot be sent")
