"""A visit: one connection of a reader to a server. `streams` and `polls` are the four kinds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.calls import code_of
from probes.exchange import Base, Connection, Head, request, signed

if TYPE_CHECKING:
    from probes.client import Hooks, Reader

_SMALL_PIECE = 4096
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
