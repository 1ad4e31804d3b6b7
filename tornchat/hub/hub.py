"""Topic -> readers of one worker: hands events on, keeps streams alive, and cuts them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping

from tornchat import metrics
from tornchat.domain.errors import LogAway
from tornchat.domain.events import EPHEMERAL_KINDS, PASSED_OVER, SESSIONS_ENDED, Event
from tornchat.domain.recent import Recent
from tornchat.hub import joining, sessions
from tornchat.hub.admission import Admission, Limits, Seat
from tornchat.hub.beats import Turns
from tornchat.hub.circles import Circles
from tornchat.hub.departures import Departures
from tornchat.hub.fanout import FanOut
from tornchat.hub.frames import Frames
from tornchat.hub.moving import LIFE_SECONDS, Mover
from tornchat.hub.outlet import Outlets
from tornchat.hub.passing import Passing
from tornchat.hub.poll import Poll
from tornchat.hub.polls import Polls
from tornchat.hub.presence import Presence
from tornchat.hub.reader import Reader
from tornchat.hub.reports import Reports
from tornchat.hub.standings import Standings
from tornchat.log import append
from tornchat.log.bus import Bus
from tornchat.log.client import Client
from tornchat.log.gaps import Gap
from tornchat.log.sessions import Sessions
from tornchat.wire import sse
from tornchat.wire.framing import Framing

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
        self.polls = Polls(self)
        self._departures = Departures(self)
        self.on_control: Callable[[str], None] = lambda message: None
        self.frames = Frames(self.worker, heartbeat)
        self.circles = Circles(self.bus)
        self.passing = Passing()
        self.presence = Presence(self)
        self.reports = Reports(self)
        self._fan_out = FanOut(self.circles, self._heed)
        self._turns = Turns()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Subscribe, and begin to beat. Raises `LogAway`."""
        await self.bus.start()
        self.admission.start()
        self._departures.start()
        self.presence.start()
        self._tasks = [
            asyncio.ensure_future(self._turns.keep_beating(self)),
            asyncio.ensure_future(self._cut_stuck()),
            asyncio.ensure_future(sessions.keep_checking(self)),
        ]

    async def close(self) -> None:
        """End all streams with a `bye` and stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fan_out.finish()
        for reader in self.readers():
            self.dismiss(reader, "shutdown", retry=True)
        await self.admission.close()
        await self.presence.close()
        await self.reports.close()
        self.passing.close()
        await self._departures.close()
        await self.bus.close()

    async def drain(self, seconds: float) -> None:
        """Move all streams to other workers within ``seconds``; events are delivered meanwhile."""
        await self.mover.drain(seconds)

    def readers(self) -> list[Reader]:
        return self._turns.readers()

    def last(self) -> int | None:
        """The id up to which live readers have been given everything; None where the bus is not
        healthy."""
        self._fan_out.finish()
        return self.bus.sequence.last if self.bus.healthy else None

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
        """A new reader without a socket; the rest is `Poll.ask`."""
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
        outlet = self.outlets.open(sock, reader, self.frames.farewell(framing))
        if entry.start is None:
            reader.open(outlet, head)
            reader.say_goodbye("hello", self.frames.hello(None))
            return
        hello = self.frames.opening(framing, entry.start, entry.bound)
        reader.open(outlet, b"".join((head, hello, joining.at_once(reader, entry))))
        self.mover.begin(reader)
        joining.begin(self, reader, entry)

    def rejoin(self, reader: Reader) -> None:
        """Join again in mid-stream, from the reader's own cursor."""
        reader.join.begin()
        reader.task = asyncio.ensure_future(joining.carry_on(self, reader, None))

    def follow(self, reader: Reader, topics: Mapping[str, int]) -> Mapping[str, int]:
        """Make these the topics that the reader hears; gives them as all share them who read the
        same. Raises `LogAway` where the stream has ended meanwhile."""
        if reader.ending:
            raise LogAway("The stream has ended.")
        return self.circles.move(reader, topics)

    def settle(self, reader: Reader) -> None:
        """The reader's own events may have closed topics to it."""
        reader.join.topics = self.circles.move(reader, reader.join.topics)

    def leave(self, reader: Reader) -> None:
        """The stream is over."""
        reader.seat.leave()
        if reader.circle is not None:
            self._departures.note(reader)
            self.circles.leave(reader)
        if self._turns.remove(reader):
            metrics.STREAMS.labels(reader.transport).dec()
            self.presence.left(reader)
        if reader.task is not None and reader.task is not asyncio.current_task():
            reader.task.cancel()

    def dismiss(self, reader: Reader, code: str, *, retry: bool) -> None:
        """End a stream on purpose and say why; ``retry``: whether it makes sense to come back."""
        if reader.ending:
            return  # it was told why, and takes its time
        metrics.CUTS.labels(code).inc()
        reader.say_goodbye("bye", {"code": code, "retry": retry})

    def _place(self, reader: Reader, cursor: int | None) -> None:
        self._turns.add(reader)
        metrics.STREAMS.labels(reader.transport).inc()
        start = "now" if cursor is None else "cursor"
        metrics.STREAMS_OPENED.labels(reader.transport, start).inc()
        self.presence.came(reader)

    # -- log.bus.Audience

    def hand_on(self, events: list[Event]) -> None:
        passing = False
        for event in events:
            if event.id:
                self.recent.add(event)
            elif event.fields["kind"] in EPHEMERAL_KINDS:
                self.passing.take(event, self.circles.of(event.topic))
                passing = True
        if passing:
            events = [event for event in events if event.id or event.kind not in EPHEMERAL_KINDS]
        if events:
            self._fan_out.take(events)

    def missed(self, topic: str, late: list[int] | None) -> None:
        self._fan_out.finish()
        for reader in self.circles.readers_of(topic):
            if late is None or reader.join.passed_over(late):
                reader.reset("floor" if late is None else "late")

    def reload_all(self) -> None:
        self._fan_out.finish()
        for reader in self.readers():
            reader.reset("floor")

    def close_all(self) -> None:
        self._fan_out.finish()
        for reader in self.readers():
            metrics.CUTS.labels("away").inc()
            reader.close()

    def join_again(self) -> None:
        self._fan_out.finish()
        self.recent.clear()
        for reader in self.readers():
            reader.join_again()

    def control(self, message: str) -> None:
        if self.presence.heard(message) or self.reports.heard(message):
            return
        made = append.announced(message)
        if made is not None and made[1]:
            self.sessions.end(made[1])
        self.on_control(message)

    # -- inside

    def _heed(self, event: Event) -> None:
        """What workers say to each other of the streams of one person."""
        readers = self.circles.readers_of(event.topic)
        if event.kind == SESSIONS_ENDED:
            ended = set(event.fields["sessions"])
            for reader in readers:
                if reader.session in ended:
                    self.dismiss(reader, event.fields["code"], retry=False)
        elif event.kind == PASSED_OVER:
            # Streams that went on from a cursor that had passed something over.
            gap = Gap(event.fields["low"], event.fields["high"])
            for reader in readers:
                if reader.session == event.fields["session"] and gap.holds(reader.start):
                    reader.reset("late")

    async def _cut_stuck(self) -> None:
        while True:
            await asyncio.sleep(STUCK_LOOK_SECONDS)
            self.outlets.cut_stuck()
