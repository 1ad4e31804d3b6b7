"""Topic -> readers of one worker: hands events on, keeps streams alive, and cuts them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from tornchat import metrics
from tornchat.domain.errors import LogAway, Unavailable
from tornchat.domain.events import PASSED_OVER, SESSIONS_ENDED, Event
from tornchat.domain.recent import Recent
from tornchat.hub import joining
from tornchat.hub.admission import Admission, Limits, Seat
from tornchat.hub.departures import Departures
from tornchat.hub.moving import LIFE_SECONDS, Mover
from tornchat.hub.outlet import Outlets
from tornchat.hub.poll import Poll
from tornchat.hub.reader import TOO_SLOW, Reader
from tornchat.hub.standings import Standings
from tornchat.log import append, mirror
from tornchat.log.bus import Bus
from tornchat.log.client import Client
from tornchat.log.gaps import Gap
from tornchat.log.sessions import Sessions
from tornchat.wire import sse
from tornchat.wire.framing import Framing

logger = logging.getLogger(__name__)

TURNS = 20
"""A beat interval is cut into so many turns, so that beats do not leave as one burst."""
SESSION_SECONDS = 15.0
AGAIN_SECONDS = 1.0
VOUCH_SECONDS = 20.0
"""Sessions that could not be checked for so long are not vouched for any more."""
STUCK_LOOK_SECONDS = 1.0
NO_LIMITS = Limits()


class Hub:
    """Implements `log.bus.Audience`. ``heartbeat`` and ``life`` (of a stream) are in seconds."""

    def __init__(
        self,
        client: Client,
        url: str,
        heartbeat: float,
        limits: Limits = NO_LIMITS,
        life: float = LIFE_SECONDS,
    ) -> None:
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self.heartbeat = heartbeat
        self.client = client
        self.bus = Bus(client, url, self.worker, self)
        self.sessions = Sessions(client, self.bus.hearing)
        self.outlets = Outlets()
        self.recent = Recent()
        self.standings = Standings(client)
        self.admission = Admission(client, limits)
        self.mover = Mover(self, life)
        self._departures = Departures(self)
        self.on_control: Callable[[str], None] = lambda message: None
        self._topics: dict[str, dict[Reader, None]] = {}
        self._readers: list[set[Reader]] = [set() for _ in range(TURNS)]
        self._seated = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._farewells: dict[Framing, bytes] = {}
        self._beats: dict[Framing, tuple[int, bytes]] = {}
        self._vouched = time.monotonic()

    async def start(self) -> None:
        """Subscribe, and begin to beat. Raises `LogAway`."""
        await self.bus.start()
        self.admission.start()
        self._departures.start()
        self._tasks = [
            asyncio.ensure_future(self._beat()),
            asyncio.ensure_future(self._cut_stuck()),
            asyncio.ensure_future(self._check_sessions()),
        ]

    async def close(self) -> None:
        """End all streams with a `bye` and stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for reader in self.readers():
            self.dismiss(reader, "shutdown", retry=True)
        await self.admission.close()
        await self._departures.close()
        await self.bus.close()

    async def drain(self, seconds: float) -> None:
        """Move all streams to other workers within ``seconds``; events are delivered meanwhile."""
        await self.mover.drain(seconds)

    def readers(self) -> list[Reader]:
        return [reader for turn in self._readers for reader in turn]

    # -- readers come and go

    def reader(
        self,
        user: str,
        session: str,
        cursor: int | None,
        seat: Seat | None = None,
        framing: Framing = sse,
    ) -> Reader:
        """A new reader, which `joining.enter` brings to its topics and `stream` to its socket.

        ``seat`` comes from `Admission.admit`, and is left when the reader leaves.
        """
        seat = seat or self.admission.unlimited()
        reader = Reader(self, user, session, cursor or 0, seat, framing)
        self._place(reader, cursor)
        return reader

    def poll(self, user: str, session: str, cursor: int | None, seat: Seat | None = None) -> Poll:
        """A new reader without a socket; the rest is `Poll.answer`."""
        poll = Poll(self, user, session, cursor, seat or self.admission.unlimited())
        self._place(poll, cursor)
        if self.mover.draining:
            poll.tell("move", {})
        return poll

    def stream(
        self, reader: Reader, entry: joining.Entry, sock: socket.socket, head: bytes = sse.HEADERS
    ) -> None:
        """Give a reader its socket and let it carry on from ``entry``. ``head`` is the answer to
        the request."""
        framing = reader.framing
        outlet = self.outlets.open(sock, reader.close, self._farewell(framing))
        hello = self.hello(entry.start)
        if entry.start is None:
            reader.open(outlet, head)
            reader.say_goodbye("hello", hello)
            return
        reader.open(outlet, head + framing.encode("hello", hello, entry.start))
        self.mover.begin(reader)
        joining.begin(self, reader, entry)

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
        reader.seat.leave()
        if reader.following:
            self._departures.note(reader)
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
        if reader.ending:
            return  # it was told why, and takes its time
        metrics.CUTS.labels(code).inc()
        reader.say_goodbye("bye", {"code": code, "retry": retry})

    def _reset(self, reader: Reader, reason: str) -> None:
        if reader.ending:
            return
        metrics.RESETS.labels(reason).inc()
        reader.say_goodbye("hello", self.hello(None))

    def _place(self, reader: Reader, cursor: int | None) -> None:
        self._seated = (self._seated + 1) % TURNS
        self._readers[self._seated].add(reader)
        metrics.STREAMS.labels(reader.transport).inc()
        start = "now" if cursor is None else "cursor"
        metrics.STREAMS_OPENED.labels(reader.transport, start).inc()

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
        if event.kind == PASSED_OVER:
            self._reset_those_past(event)
            return
        readers = list(self._topics.get(event.topic, ()))
        if event.id:
            self.recent.add(event)
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
                self._reset(reader, "floor" if late is None else "late")

    def reload_all(self) -> None:
        for reader in self.readers():
            self._reset(reader, "floor")

    def close_all(self) -> None:
        for reader in self.readers():
            metrics.CUTS.labels("away").inc()
            reader.close()

    def join_again(self) -> None:
        self.recent.clear()
        for reader in self.readers():
            reader.join_again()

    def control(self, message: str) -> None:
        made = append.announced(message)
        if made is not None and made[1]:
            self.sessions.end(made[1])
        self.on_control(message)

    # -- events of the streams themselves

    def hello(self, start: int | None) -> dict[str, Any]:
        """The verdict on a stream's cursor; None is a reset, which carries no id and ends it."""
        return {
            "cursor": start,
            "reset": start is None,
            "heartbeat": self.heartbeat,
            "worker": self.worker,
        }

    def beat_frame(self, framing: Framing, cursor: int) -> bytes:
        """Most readers stand at the same id: keep the last frame."""
        kept, frame = self._beats.get(framing, (-1, b""))
        if kept != cursor:
            frame = framing.encode("beat", {"cursor": cursor}, cursor)
            self._beats[framing] = (cursor, frame)
        return frame

    def _farewell(self, framing: Framing) -> bytes:
        """What a stream is cut with that does not take what it is sent; one for all of them."""
        if framing not in self._farewells:
            bye = {"code": TOO_SLOW, "retry": True}
            self._farewells[framing] = framing.last("bye", bye)
        return self._farewells[framing]

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
                        self.mover.look(reader)
                    except Exception:
                        logger.exception("a reader could not be kept alive and is closed")
                        metrics.CUTS.labels("error").inc()
                        reader.close()

    async def _cut_stuck(self) -> None:
        while True:
            await asyncio.sleep(STUCK_LOOK_SECONDS)
            self.outlets.cut_stuck()

    async def _check_sessions(self) -> None:
        """A session that ended while the worker was deaf ends its streams here."""
        pause = SESSION_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = SESSION_SECONDS
            readers = self.readers()
            try:
                records = await mirror.sessions(self.client, {reader.session for reader in readers})
            except Unavailable:
                pause = AGAIN_SECONDS
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

    def _reset_those_past(self, event: Event) -> None:
        """Streams that went on from a cursor that had passed something over."""
        gap = Gap(event.fields["low"], event.fields["high"])
        for reader in list(self._topics.get(event.topic, ())):
            if reader.session == event.fields["session"] and gap.holds(reader.start):
                self._reset(reader, "late")
