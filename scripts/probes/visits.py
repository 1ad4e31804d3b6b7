"""Visits: one connection of a reader to a server, in each of the four transports."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probes.calls import code_of
from probes.exchange import SWITCHING, Base, Connection, Head, request, signed
from tornchat.wire import frames
from tornchat.wire.frames import Opcode
from tornchat.wire.sse import Decoder
from tornchat.wire.websocket import accept_of

if TYPE_CHECKING:
    from probes.client import Hooks, Reader

_SLACK_SECONDS = 10.0
_SMALL_PIECE = 4096
_MOST_FRAME = 16 * 1024 * 1024
_FINAL_STATUSES = (400, 401, 403, 404, 421, 426)


@dataclass(frozen=True, slots=True)
class End:
    """How a visit ended. ``pause`` is what the server asked for, in seconds; ``failed``: the next
    pause grows; ``final``: it makes no sense to come back."""

    why: str
    failed: bool = False
    pause: float | None = None
    final: bool = False
    reset: bool = False


class Visit:
    """What all transports share; implements `exchange.Asker`."""

    name = "sse"
    path = "/api/events"
    accept = "text/event-stream"

    def __init__(self, reader: Reader, connection: Connection, hooks: Hooks) -> None:
        self._reader = reader
        self._connection = connection
        self._hooks = hooks
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[End] = self._loop.create_future()
        self._head: Head | None = None
        self._problem = b""
        self._heard = self._loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def run(self, base: Base, cookie: str) -> End:
        """Ask, and take what comes until it ends."""
        headers = {"Accept": self.accept, **signed(cookie), **self.headers()}
        if self._reader.pace is not None:
            self._connection.piece = _SMALL_PIECE
        self._connection.ask(self, request(base, "GET", self.address(), headers))
        self._watch()
        try:
            return await self._ended
        finally:
            for timer in self._timers.values():
                timer.cancel()

    # -- what the transports differ in

    def address(self) -> str:
        return f"{self.path}?after={self._reader.cursor}"

    def headers(self) -> dict[str, str]:
        return {}

    @property
    def patience(self) -> float:
        """Seconds of silence that are not a dead line."""
        return self._reader.silence

    def good(self, status: int) -> bool:
        return status == 200

    def begin(self) -> None:
        """The head of a good answer has come."""

    def take(self, data: bytes) -> None:
        """Bytes of a good answer."""

    def finish(self, why: str) -> End:
        """A good answer is over."""
        return End(why or "the server ended the stream", failed=True)

    # -- what may be done to it

    def hold(self) -> None:
        self._connection.hold()

    def go_on(self) -> None:
        self._heard = self._loop.time()
        self._connection.go_on()

    def cut(self) -> None:
        self._connection.cut()

    def close(self, why: str) -> None:
        self._connection.close(why)

    def end(self, end: End) -> None:
        """It is over, and this is why."""
        if not self._ended.done():
            self._ended.set_result(end)
            self._connection.close()

    # -- exchange.Asker

    def on_head(self, head: Head) -> None:
        self._head = head
        if self.good(head.status):
            self.begin()

    def on_body(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if self._head is not None and self.good(self._head.status):
            self.take(data)
        else:
            self._problem = (self._problem + data)[:4096]
        pace = self._reader.pace
        if pace is not None and not self._ended.done():
            self._connection.piece = _SMALL_PIECE
            self._connection.hold()
            self._later("rest", pace, self._after_rest)

    def on_end(self, why: str) -> None:
        if self._ended.done():
            return
        head = self._head
        if head is None:
            self.end(End(why or "no answer", failed=True))
        elif self.good(head.status):
            self.end(self.finish(why))
        else:
            text = f"status {head.status} {code_of(self._problem)}"
            final = head.status in _FINAL_STATUSES
            self.end(End(text, failed=True, pause=head.retry_after, final=final))

    # -- time

    def _after_rest(self) -> None:
        if not self._reader.frozen:
            self._connection.go_on()

    def _watch(self) -> None:
        now = self._loop.time()
        if self._reader.frozen:
            self._heard = now
        if now - self._heard > self.patience:
            self.end(End(f"silent for {now - self._heard:.1f} s", failed=True))
        elif not self._ended.done():
            self._later("watch", self._heard + self.patience - now + 0.01, self._watch)

    def _later(self, what: str, seconds: float, then: Callable[[], None]) -> None:
        if what in self._timers:
            self._timers[what].cancel()
        self._timers[what] = self._loop.call_later(seconds, then)


class Stream(Visit):
    """An answer that does not end by itself."""

    _greeted = False
    _goodbye: End | None = None

    def heard(self, kind: str, data: dict[str, Any], id: int | None) -> None:
        """One event of the stream."""
        reader, hooks = self._reader, self._hooks
        if not self._greeted and kind != "hello":
            hooks.broken(f"a stream that begins with {kind}")
        if kind == "hello":
            self._hello(data, id)
        elif kind == "beat":
            self._move_to(id if id is not None else data["cursor"])
        elif kind == "bye":
            retry = bool(data["retry"])
            self._goodbye = End(f"bye {data['code']}", final=not retry)
        elif kind == "move":
            moved = End("moved")
            self._later("move", data["after_ms"] / 1000, lambda: self.end(moved))
        else:
            if id is not None:
                if data["id"] != id:
                    hooks.broken(f"event {data['id']} under the id {id}")
                reader.at(id)
            hooks.event(data)

    def finish(self, why: str) -> End:
        return self._goodbye or super().finish(why)

    def _hello(self, data: dict[str, Any], id: int | None) -> None:
        reader, hooks = self._reader, self._hooks
        reader.heartbeat = float(data["heartbeat"])
        if data["reset"]:
            self.end(End("reset", reset=True))
            return
        if self._greeted or id != reader.cursor:
            hooks.broken(f"a hello at {id} for a reader at {reader.cursor}")
        self._greeted = True
        reader.worker, reader.live = data["worker"], True
        hooks.opened(self.name, data["worker"], data["cursor"])
        self._watch()  # the heartbeat may be another than was expected
        self._move_to(data["cursor"])

    def _move_to(self, id: int) -> None:
        self._hooks.position(id)
        self._reader.at(id)


class SseVisit(Stream):
    """Server-Sent Events, with the cursor in ``Last-Event-ID`` as a browser comes back."""

    def begin(self) -> None:
        self._decoder = Decoder(str(self._reader.cursor))

    def address(self) -> str:
        return self.path

    def headers(self) -> dict[str, str]:
        return {"Last-Event-ID": str(self._reader.cursor)}

    def take(self, data: bytes) -> None:
        for received in self._decoder.feed(data):
            event = json.loads(received.data)
            numbered = received.kind in ("hello", "beat") or "id" in event
            id = int(received.id) if numbered and received.id else None
            self.heard(received.kind, event, id)


class WebSocketVisit(Stream):
    """A text frame for each event."""

    name = "websocket"
    path = "/api/events/socket"
    accept = "*/*"

    def headers(self) -> dict[str, str]:
        self._key = base64.b64encode(os.urandom(16)).decode()
        return {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": self._key,
        }

    def good(self, status: int) -> bool:
        return status == SWITCHING

    def begin(self) -> None:
        assert self._head is not None
        if self._head.headers.get("sec-websocket-accept") != accept_of(self._key):
            self._hooks.broken("a handshake with another accept than that of our key")
        self._frames = frames.Decoder(masked=False, limit=_MOST_FRAME)

    def take(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            if message.opcode is Opcode.TEXT:
                event = json.loads(message.payload)
                self.heard(event["kind"], event, event.get("id", event.get("cursor")))
            elif message.opcode is Opcode.PING:
                self._say(Opcode.PONG, message.payload)
            elif message.opcode is Opcode.CLOSE:
                self._say(Opcode.CLOSE, message.payload[:2])
                why = f"closed with {frames.close_code(message.payload)}"
                self.end(self._goodbye or End(why, failed=True))

    def _say(self, opcode: Opcode, payload: bytes) -> None:
        self._connection.write(frames.encode(opcode, payload, os.urandom(4)))


class LongPollVisit(Visit):
    """One question that is answered as soon as there is an event."""

    name = "long-poll"
    accept = "application/json"

    def begin(self) -> None:
        self._body: list[bytes] = []

    def address(self) -> str:
        return f"{self.path}?after={self._reader.cursor}&wait={self.wait:g}"

    @property
    def wait(self) -> float:
        return self._reader.manner.wait

    @property
    def patience(self) -> float:
        return self.wait + _SLACK_SECONDS

    async def run(self, base: Base, cookie: str) -> End:
        # A poll waits on the server from now on; a reader that only ever asks is always live.
        self._reader.live = True
        return await super().run(base, cookie)

    def take(self, data: bytes) -> None:
        self._body.append(data)

    def finish(self, why: str) -> End:
        if why:
            return End(why, failed=True)
        answer = json.loads(b"".join(self._body))
        if answer["reset"]:
            return End("reset", reset=True)
        self._hooks.opened(self.name, "", self._reader.cursor)
        for event in answer["events"]:
            if "id" in event:
                self._reader.at(event["id"])
            self._hooks.event(event)
        self._hooks.position(answer["cursor"])
        self._reader.at(answer["cursor"])
        return End("", pause=self.pause())

    def pause(self) -> float:
        return 0.0


class ShortPollVisit(LongPollVisit):
    """One question that is answered at once."""

    name = "short-poll"

    @property
    def wait(self) -> float:
        return 0.0

    def pause(self) -> float:
        return self._reader.manner.poll_pause


KINDS: dict[str, type[Visit]] = {
    kind.name: kind for kind in (SseVisit, LongPollVisit, ShortPollVisit, WebSocketVisit)
}
