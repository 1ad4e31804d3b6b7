"""A server whose delays are known, to hold the probes to: what they measure must be what it did.

It speaks Tornchat's protocol as far as a probe needs (messages, one room, one user, all four
transports, trips) in a thread of this process. Each message is handed on a known time after it was
posted; once, it may stall; and it may lose, double or reorder one message for one reader. It notes
when it handed on what to whom, on the clock of the probes, so that a test can tell what a busy
machine added from what a probe measured wrongly.

    with Synthetic(lognormal(0.2, 0.4)) as server:
        run, _ = go(server.target, scenario, 1, print)  # with no warm-up
        expected = server.expected(rate, int(run.figures["messages"]), scenario.subscribers)
        assert run.figures["delivery_p50_ms"] == approx(expected.p50, rel=0.05)

For a probe that takes an address there are `Synthetic.base`, `TOKEN` and `ROOM`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Any, Self

from probes.bench.following import CALLS
from probes.bench.running import Running
from probes.bench.target import Shape
from probes.exchange import Base
from probes.loads.numbers import percentile
from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from tornchat.domain.events import Event, message
from tornchat.wire import sse
from tornchat.wire.browser import event_json, poll_answer

TOKEN, ROOM, USER = "token", "room567890", "user567890"
TRIP_MS = {"log": 40, "worker": 20, "socket": 15}
"""Of a probe: the parts of its way, from the moment at which it was received."""
_FIRST_ID = 1_000_000
_SEQ = re.compile(r"seq=(\d{9});")

Delay = Callable[[int], float]
"""Seconds from the post of a message (by its number) to its delivery."""


def steady(seconds: float) -> Delay:
    """The same for all."""
    return lambda seq: seconds


def lognormal(median: float, sigma: float, number: int = 100, seed: int = 1) -> Delay:
    """The middles of ``number`` equal parts of the distribution, in an order by chance, and again:
    of each hundred messages the percentiles are known exactly."""
    parts = [(place + 0.5) / number for place in range(number)]
    values = [median * 2.718281828 ** NormalDist(0, sigma).inv_cdf(part) for part in parts]
    random.Random(seed).shuffle(values)
    return lambda seq: values[seq % number]


class Wrong(StrEnum):
    """What may become of a message."""

    LOST = "lost"
    DOUBLED = "doubled"
    REORDERED = "reordered"


@dataclass(frozen=True, slots=True)
class Fault:
    """For one ``reader``, by the order of their first requests."""

    kind: Wrong
    seq: int = 5
    reader: int = 1


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing is answered or handed on for so long, from the moment at which message ``seq`` comes
    in."""

    seconds: float
    seq: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What a probe is to find: ``delays`` of all deliveries in ms, from the moments at which
    messages were due; ``nominal``: those that were set, one for each message; ``added_ms``: the
    most by which a busy machine made 99 % of them longer."""

    delays: Sequence[float]
    nominal: Sequence[float]
    added_ms: float

    @property
    def p50(self) -> float:
        return percentile(self.delays, 0.5)

    @property
    def p99(self) -> float:
        return percentile(self.delays, 0.99)


class Synthetic:
    """To be used as a context. All that it notes is of the messages since its start."""

    def __init__(
        self, delay: Delay, *, stall: Stall | None = None, fault: Fault | None = None
    ) -> None:
        self.base = Base("127.0.0.1", 0)
        self.log: list[Event] = []
        self.posted: dict[int, int] = {}
        """Message -> when its post was taken up, in ns of `time.monotonic_ns`."""
        self.handed_on: list[tuple[int, int, int]] = []
        """Reader, message and moment, for each delivery."""
        self.listeners: set[Callable[[], None]] = set()
        self.grown = asyncio.Event()
        self._delay = delay
        self._stall = stall
        self._fault = fault
        self._readers: dict[object, int] = {}
        self._held: dict[int, Event] = {}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._over = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *what: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)

    def target(self, shape: Shape) -> Running:
        """A `probes.bench.target.Target` of it."""
        return Running(shape, self.base, f"Bearer {TOKEN}", ROOM)

    def expected(
        self, rate: float, messages: int | None = None, readers: int | None = None
    ) -> Expected:
        """Of the first so many messages and readers, or of all, where messages are due at even
        distances, ``rate`` a second, the first at once. When that was the server cannot see: the
        message that came soonest after its turn tells it."""
        messages = len(self.posted) if messages is None else messages
        readers = len(self._readers) if readers is None else readers
        posted = {seq: at / 1e6 - seq / rate * 1000 for seq, at in self.posted.items()}
        begun = min(posted.values())
        late = [at - begun for seq, at in posted.items() if seq < messages]
        handed_on = [
            (seq, at / 1e6)
            for reader, seq, at in self.handed_on
            if seq < messages and reader < readers
        ]
        delays = [at - seq / rate * 1000 - begun for seq, at in handed_on]
        slow = [at - self.posted[seq] / 1e6 - self._delay(seq) * 1000 for seq, at in handed_on]
        nominal = [self._delay(seq) * 1000 for seq in range(messages)]
        return Expected(delays, nominal, percentile(late, 0.99) + percentile(slow, 0.99))

    # -- for the handlers, in the thread

    async def post(self, body: str) -> int:
        """Take a message; gives its id in the log to come, which is known only when it is there."""
        found = _SEQ.match(body)
        seq = int(found[1]) if found else CALLS
        if self._stall and seq == self._stall.seq:
            time.sleep(self._stall.seconds)  # noqa: ASYNC251 - the loop is what is to stall
        delay = 0.0
        if seq < CALLS:
            self.posted[seq] = time.monotonic_ns()
            delay = self._delay(seq)
        fields = message(ROOM, USER, body, f"<p>{body}</p>", None, None)
        self.later(delay, f"room:{ROOM}", fields)
        return seq

    def later(self, seconds: float, topic: str, fields: dict[str, Any]) -> None:
        """Say it after so long."""
        self._loop.call_later(seconds, self.say, topic, fields)

    def say(self, topic: str, fields: dict[str, Any]) -> None:
        """Put an event at the end of the log, and hand it on."""
        id = _FIRST_ID + len(self.log) + 1
        self.log.append(Event(id, id - 1, topic, {"at": time.time_ns() // 1_000_000, **fields}))
        for hand_on in list(self.listeners):
            hand_on()
        self.grown.set()
        self.grown = asyncio.Event()

    @property
    def last(self) -> int:
        """The newest id."""
        return _FIRST_ID + len(self.log)

    def reader(self, handler: RequestHandler) -> int:
        """Who asks, by the connection."""
        connection = handler.request.connection
        assert isinstance(connection, HTTP1Connection)
        connection.stream.set_nodelay(True)
        return self._readers.setdefault(connection.stream.socket, len(self._readers))

    def shown(self, reader: int, events: Sequence[Event]) -> list[Event]:
        """What a reader gets of these."""
        fault = self._fault
        if fault is None or reader != fault.reader:
            return list(events)
        shown: list[Event] = []
        for event in events:
            if _number(event) != fault.seq:
                shown += [event, *self._held.values()]
                self._held.clear()
            elif fault.kind is Wrong.DOUBLED:
                shown += [event, event]
            elif fault.kind is Wrong.REORDERED:
                self._held[event.id] = event
        return shown

    def note(self, reader: int, events: Sequence[Event]) -> None:
        """These were handed to a reader's socket just now."""
        now = time.monotonic_ns()
        for event in events:
            number = _number(event)
            if number is not None and number < CALLS:
                self.handed_on.append((reader, number, now))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        more = {"world": self}
        server = HTTPServer(
            Application(
                [
                    ("/api/session", _Session, more),
                    ("/api/lab/probe", _Probe, more),
                    ("/api/rooms/[a-z0-9]+/messages", _Messages, more),
                    ("/api/events", _Events, more),
                    ("/api/events/socket", _Socket, more),
                ]
            )
        )
        server.listen(0, "127.0.0.1", backlog=1024)
        [listener] = server._sockets.values()
        self.base = Base(*listener.getsockname())
        self._ready.set()
        await self._over.wait()
        server.stop()
        await server.close_all_connections()


class _Session(RequestHandler):
    """The snapshot."""

    def initialize(self, world: Synthetic) -> None:
        self.world = world

    def get(self) -> None:
        room = {"id": ROOM, "head": self.world.last, "last_read": 0, "unread": 0, "members": 1}
        self.finish({"user": {"id": USER}, "cursor": self.world.last, "rooms": [room]})


class _Probe(RequestHandler):
    """What a real server stamps on the way it says that it took as long as `TRIP_MS` has it."""

    def initialize(self, world: Synthetic) -> None:
        self.world = world

    async def post(self) -> None:
        stamps = {"received": _now()}
        await asyncio.sleep(TRIP_MS["log"] / 1000)
        answer = {"id": 0, "received": stamps["received"], "appended": _now()}
        stamps["heard"] = answer["appended"] + TRIP_MS["worker"] * 1000
        nonce = json.loads(self.request.body).get("nonce")
        later = (TRIP_MS["worker"] + TRIP_MS["socket"]) / 1000
        self.world.later(later, f"user:{USER}", {"kind": "probe", "nonce": nonce, **stamps})
        self.set_status(201)
        self.finish(answer)


class _Messages(RequestHandler):
    def initialize(self, world: Synthetic) -> None:
        self.world = world

    async def post(self) -> None:
        seq = await self.world.post(json.loads(self.request.body)["body"])
        self.set_status(201)
        self.finish({"id": _FIRST_ID + seq})


class _Events(RequestHandler):
    """The stream and the polls."""

    def initialize(self, world: Synthetic) -> None:
        self.world = world
        self.gone = asyncio.Event()

    def on_connection_close(self) -> None:
        self.gone.set()

    async def get(self) -> None:
        self.number = self.world.reader(self)
        after = self.request.headers.get("Last-Event-ID") or self.get_query_argument("after", "")
        self.position = (int(after) if after else self.world.last) - _FIRST_ID
        if self.request.headers.get("Accept") == "application/json":
            await self._poll(float(self.get_query_argument("wait", "25")))
        else:
            await self._stream()

    async def _poll(self, wait: float) -> None:
        world = self.world
        if self.position == len(world.log) and wait:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await world.grown.wait()
        shown = world.shown(self.number, world.log[self.position :])
        self.set_header("Content-Type", "application/json")
        self.finish(poll_answer(world.last, map(event_json, shown)))
        world.note(self.number, shown)

    async def _stream(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.write(sse.encode("hello", _hello(self.position), _FIRST_ID + self.position))
        await self.flush()
        self._hand_on()
        self.world.listeners.add(self._hand_on)
        await self.gone.wait()
        self.world.listeners.discard(self._hand_on)

    def _hand_on(self) -> None:
        world = self.world
        shown = world.shown(self.number, world.log[self.position :])
        self.position = len(world.log)
        if shown and not self.gone.is_set():
            self.write(b"".join(map(sse.encode_event, shown)))
            self.flush()
            world.note(self.number, shown)


class _Socket(WebSocketHandler):
    def initialize(self, world: Synthetic) -> None:
        self.world = world

    def open(self, *args: str, **kwargs: str) -> None:
        self.number = len(self.world._readers)
        self.world._readers[self] = self.number
        self.set_nodelay(True)
        after = self.get_query_argument("after", "")
        self.position = (int(after) if after else self.world.last) - _FIRST_ID
        self.write_message(json.dumps(_hello(self.position), separators=(",", ":")))
        self._hand_on()
        self.world.listeners.add(self._hand_on)

    def on_close(self) -> None:
        self.world.listeners.discard(self._hand_on)

    def _hand_on(self) -> None:
        world = self.world
        shown = world.shown(self.number, world.log[self.position :])
        self.position = len(world.log)
        with suppress(WebSocketClosedError):
            for event in shown:
                self.write_message(event_json(event))
            world.note(self.number, shown)


def _hello(position: int) -> dict[str, Any]:
    return {
        "kind": "hello",
        "cursor": _FIRST_ID + position,
        "reset": False,
        "heartbeat": 25,
        "worker": "synthetic:1",
    }


def _now() -> int:
    """Unix microseconds."""
    return time.time_ns() // 1000


def _number(event: Event) -> int | None:
    """Which message of a probe it is."""
    found = _SEQ.match(str(event.fields.get("body", "")))
    return int(found[1]) if found else None
