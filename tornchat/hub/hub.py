"""Topic -> readers of one worker: hands events on, keeps streams alive, and cuts them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping

from tornchat import metrics
from tornchat.domain.errors import LogAway, Unavailable
from tornchat.domain.events import SESSIONS_ENDED, Event
from tornchat.hub import joining
from tornchat.hub.outlet import Outlets
from tornchat.hub.reader import Reader
from tornchat.log import mirror
from tornchat.log.bus import Bus
from tornchat.log.client import Client
from tornchat.wire import sse

logger = logging.getLogger(__name__)

TURNS = 20
"""A beat interval is cut into so many turns, so that beats do not leave as one burst."""
SESSION_SECONDS = 15.0
VOUCH_SECONDS = 25.0
"""Sessions that could not be checked for so long are not vouched for any more."""


class Hub:
    """Implements `log.bus.Audience`. ``heartbeat`` is in seconds."""

    def __init__(self, client: Client, url: str, heartbeat: float) -> None:
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self.heartbeat = heartbeat
        self.client = client
        self.bus = Bus(client, url, self.worker, self)
        self.outlets = Outlets()
        self.on_control: Callable[[str], None] = lambda message: None
        self._topics: dict[str, dict[Reader, None]] = {}
        self._readers: list[set[Reader]] = [set() for _ in range(TURNS)]
        self._seated = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._beat_cache: tuple[int, bytes] = (-1, b"")
        self._vouched = time.monotonic()

    async def start(self) -> None:
        """Subscribe, and begin to beat. Raises `LogAway`."""
        await self.bus.start()
        self._tasks = [
            asyncio.ensure_future(self._beat()),
            asyncio.ensure_future(self._check_sessions()),
        ]

    async def close(self) -> None:
        """End all streams with a `bye` and stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for reader in self.readers():
            self.dismiss(reader, "shutdown", retry=True)
        await self.bus.close()

    def readers(self) -> list[Reader]:
        return [reader for turn in self._readers for reader in turn]

    # -- readers come and go

    def reader(self, user: str, session: str, cursor: int | None) -> Reader:
        """A new reader, which `joining.enter` brings to its topics and `stream` to its socket."""
        reader = Reader(self, user, session, cursor or 0)
        self._seated = (self._seated + 1) % TURNS
        self._readers[self._seated].add(reader)
        metrics.STREAMS.labels(reader.transport).inc()
        start = "now" if cursor is None else "cursor"
        metrics.STREAMS_OPENED.labels(reader.transport, start).inc()
        return reader

    def stream(self, reader: Reader, entry: joining.Entry, sock: socket.socket) -> None:
        """Give a reader its socket and let it carry on from ``entry``."""
        reader.outlet = self.outlets.open(sock, reader.close)
        reader.outlet.send(sse.HEADERS + self.hello(entry.start))
        if entry.start is None:
            reader.outlet.end()
            return
        reader.task = asyncio.ensure_future(joining.carry_on(self, reader, entry))

    def rejoin(self, reader: Reader) -> None:
        """Join again in mid-stream, from the reader's own cursor."""
        reader.join.begin()
        reader.task = asyncio.ensure_future(joining.carry_on(self, reader, None))

    def follow(self, reader: Reader, topics: Mapping[str, int]) -> None:
        """Make these the topics that the reader hears."""
        if reader.closed:
            raise LogAway("The stream was closed.")
        for topic in topics:
            if topic not in reader.following:
                reader.following.add(topic)
                self._topics.setdefault(topic, {})[reader] = None
                self.bus.follow(topic)
        for topic in reader.following - topics.keys():
            self._unfollow(reader, topic)

    def settle(self, reader: Reader) -> None:
        """The reader's own events may have closed topics to it."""
        for topic in reader.following - reader.join.topics.keys():
            self._unfollow(reader, topic)

    def leave(self, reader: Reader) -> None:
        """The stream is over."""
        for topic in list(reader.following):
            self._unfollow(reader, topic)
        for turn in self._readers:
            if reader in turn:
                turn.remove(reader)
                metrics.STREAMS.labels(reader.transport).dec()
        if reader.task is not None and reader.task is not asyncio.current_task():
            reader.task.cancel()

    def dismiss(self, reader: Reader, code: str, *, retry: bool) -> None:
        """End a stream on purpose and say why; ``retry``: whether it makes sense to come back."""
        metrics.CUTS.labels(code).inc()
        reader.say_goodbye(sse.encode("bye", {"code": code, "retry": retry}))

    def _unfollow(self, reader: Reader, topic: str) -> None:
        reader.following.discard(topic)
        readers = self._topics[topic]
        readers.pop(reader, None)
        if not readers:
            del self._topics[topic]
        self.bus.unfollow(topic)

    # -- log.bus.Audience

    def hand_on(self, event: Event) -> None:
        if event.kind == SESSIONS_ENDED:
            self._end_sessions(event)
            return
        readers = list(self._topics.get(event.topic, ()))
        if event.id:
            metrics.BUS_DELAY_SECONDS.observe(time.time() - event.fields["at"] / 1000)
        began = time.perf_counter()
        for reader in readers:
            try:
                reader.take(event)
            except Exception:
                # Raised from here it would take the event, and what waits behind it, from all.
                logger.exception("a reader could not take an event and is closed")
                metrics.CUTS.labels("error").inc()
                reader.close()
        metrics.FAN_OUT_SECONDS.observe(time.perf_counter() - began)
        metrics.EVENTS.inc()
        metrics.DELIVERIES.inc(len(readers))

    def missed(self, topic: str, late: list[int] | None) -> None:
        for reader in list(self._topics.get(topic, ())):
            if late is None or reader.join.passed_over(late):
                metrics.RESETS.labels("floor" if late is None else "late").inc()
                reader.say_goodbye(self.hello(None))

    def reload_all(self) -> None:
        for reader in self.readers():
            metrics.RESETS.labels("floor").inc()
            reader.say_goodbye(self.hello(None))

    def close_all(self) -> None:
        for reader in self.readers():
            metrics.CUTS.labels("away").inc()
            reader.close()

    def join_again(self) -> None:
        for reader in self.readers():
            if reader.task is not None or reader.outlet is None:
                reader.stale = True
            else:
                self.rejoin(reader)

    def control(self, message: str) -> None:
        self.on_control(message)

    # -- frames

    def hello(self, start: int | None) -> bytes:
        """The verdict on a stream's cursor; None is a reset, which carries no id and ends it."""
        data = {
            "cursor": start,
            "reset": start is None,
            "heartbeat": self.heartbeat,
            "worker": self.worker,
        }
        return sse.encode("hello", data, start)

    def beat_frame(self, cursor: int) -> bytes:
        """Most readers stand at the same id: keep the last frame."""
        if self._beat_cache[0] != cursor:
            self._beat_cache = (cursor, sse.encode("beat", {"cursor": cursor}, cursor))
        return self._beat_cache[1]

    # -- timers

    async def _beat(self) -> None:
        while True:
            for turn in self._readers:
                # A little faster than promised, because timers are late and never early.
                await asyncio.sleep(self.heartbeat * 0.9 / TURNS)
                last = self.bus.sequence.last if self.bus.healthy else None
                for reader in list(turn):
                    try:
                        reader.beat(last)
                    except Exception:
                        logger.exception("a reader could not be kept alive and is closed")
                        metrics.CUTS.labels("error").inc()
                        reader.close()

    async def _check_sessions(self) -> None:
        """A session that ended while the worker was deaf ends its streams here."""
        while True:
            await asyncio.sleep(SESSION_SECONDS)
            readers = self.readers()
            try:
                records = await mirror.sessions(self.client, {reader.session for reader in readers})
            except Unavailable:
                if time.monotonic() - self._vouched > VOUCH_SECONDS:
                    self.close_all()
                continue
            except Exception:
                logger.exception("sessions cannot be checked")
                continue
            self._vouched = time.monotonic()
            now = int(time.time() * 1000)
            for reader in readers:
                record = records[reader.session]
                if record is None or not record.live(now):
                    self.dismiss(reader, "signed_out", retry=False)

    def _end_sessions(self, event: Event) -> None:
        ended = set(event.fields["sessions"])
        for reader in list(self._topics.get(event.topic, ())):
            if reader.session in ended:
                self.dismiss(reader, event.fields["code"], retry=False)
