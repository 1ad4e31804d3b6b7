"""One client for all transports: keeps a cursor and comes back with it, whatever happens.

It does what ``docs/protocol.md`` asks of a correct client: a watchdog on the beats, pauses that
grow and have some chance in them, `Retry-After`, ``move``, ``bye`` and ``reset``, and with several
servers each visit to one picked by chance. Thousands fit into one process.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from probes.calls import fetch
from probes.exchange import Base, connect
from probes.polls import LongPollVisit, ShortPollVisit
from probes.streams import SseVisit, WebSocketVisit
from probes.visit import End, Visit

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds; a pause is anywhere between none and one that doubles with each failure."""
_SNAPSHOT_SECONDS = 5.0
_BEATS_MISSED = 2.5


class Transport(StrEnum):
    """How a reader asks for events."""

    SSE = "sse"
    LONG_POLL = "long-poll"
    SHORT_POLL = "short-poll"
    WEBSOCKET = "websocket"


_KINDS: dict[str, type[Visit]] = {
    kind.name: kind for kind in (SseVisit, LongPollVisit, ShortPollVisit, WebSocketVisit)
}


class Hooks:
    """What somebody wants to know of a reader. Ids and cursors are those of the protocol."""

    def opened(self, transport: str, worker: str, cursor: int) -> None:
        """A stream has begun (its ``hello``), or a poll was answered (``worker`` is "")."""

    def event(self, event: dict[str, Any]) -> None:
        """An event of a topic, as the server sent it."""

    def position(self, id: int) -> None:
        """Everything up to ``id`` has come: ``hello``, ``beat``, the cursor of a poll."""

    def reset(self, low: int, high: int) -> None:
        """The server could not go on from ``low``; the snapshot said ``high``."""

    def closed(self, why: str) -> None:
        """A visit is over."""

    def broken(self, what: str) -> None:
        """The server broke the protocol."""


@dataclass(slots=True)
class Manner:
    """How a reader asks. ``wait`` and ``poll_pause`` in seconds; ``receive_buffer`` in bytes, 0
    for the system's."""

    wait: float = 25.0
    poll_pause: float = 0.5
    receive_buffer: int = 0


class Reader:
    """Follows the events of one account. ``run`` it in a task; `leave` ends that.

    ``cookie`` is the account's, or ``Bearer TOKEN``; ``after`` the cursor to begin with.
    """

    def __init__(
        self,
        servers: Sequence[Base],
        cookie: str,
        transport: Transport,
        after: int,
        hooks: Hooks,
        chance: random.Random,
        manner: Manner | None = None,
    ) -> None:
        self.transport = transport
        self.cursor = after
        self.worker = ""
        """The worker that serves the stream now; "" between visits, and of polls."""
        self.live = False
        """Whether what is said now would come (a stream after its ``hello``, a waiting poll)."""
        self.visits = 0
        self.failure = ""
        """Why it gave up; a server never makes a correct client do so without a reason."""
        self.manner = manner or Manner()
        self.pace: float | None = None
        """Seconds to rest after each small piece that is taken; None: no rest."""
        self.heartbeat = 25.0
        self.servers = servers
        self._cookie = cookie
        self._hooks = hooks
        self._chance = chance
        self._visit: Visit | None = None
        self._base: Base | None = None
        self._failures = 0
        self._over = False
        self._wake = asyncio.Event()
        self._thawed = asyncio.Event()
        self._thawed.set()

    # -- what others may do with it

    def cut(self) -> None:
        """Lose the line; it comes back by itself."""
        if self._visit is not None:
            self._visit.cut()

    def freeze(self) -> None:
        """Read nothing and do nothing, as a stopped process; the line stays open."""
        self._thawed.clear()
        if self._visit is not None:
            self._visit.hold()

    def thaw(self) -> None:
        """Go on where it stood."""
        self._thawed.set()
        if self._visit is not None:
            self._visit.go_on()

    @property
    def frozen(self) -> bool:
        return not self._thawed.is_set()

    def leave(self) -> None:
        """Close for good; `run` returns."""
        self._over = True
        self._wake.set()
        self._thawed.set()
        if self._visit is not None:
            self._visit.close("the reader left")

    # -- its life

    async def run(self) -> None:
        """Read until `leave`, or until the server says that it makes no sense."""
        while not self._left():
            await self._thawed.wait()
            end = await self._one_visit()
            self.live, self.worker = False, ""
            self._hooks.closed(end.why)
            if self._left():
                return
            if end.final:
                self.failure = end.why
                return
            if end.reset and not await self._reload():
                return
            await self._rest(self._pause_after(end))

    def _left(self) -> bool:
        return self._over

    async def _one_visit(self) -> End:
        base = self._base = self._pick()
        try:
            connection = await connect(base, receive_buffer=self.manner.receive_buffer)
        except OSError as error:
            return End(f"no connection to {base}: {error}", failed=True)
        if self._left():
            connection.close()
            return End("the reader left")
        self.visits += 1
        visit = self._visit = _KINDS[self.transport](self, connection, self._hooks)
        try:
            return await visit.run(base, self._cookie)
        finally:
            connection.close()
            self._visit = None

    def _pick(self) -> Base:
        """Any server, but not again the one where the last visit failed."""
        others = [base for base in self.servers if not self._failures or base != self._base]
        return self._chance.choice(others or list(self.servers))

    def _pause_after(self, end: End) -> float:
        self._failures = self._failures + 1 if end.failed else 0
        if end.pause is not None:
            return end.pause * self._chance.uniform(1, 1.25)
        if end.failed:
            most = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 10))
            return self._chance.uniform(0, most)
        return 0.0

    async def _rest(self, seconds: float) -> None:
        if seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    async def _reload(self) -> bool:
        """Load the snapshot after a reset, and stand at its cursor."""
        low = self.cursor
        while not self._left():
            base = self._pick()
            answer = await fetch(base, "GET", "/api/session", self._cookie, _SNAPSHOT_SECONDS)
            if answer.status == 200:
                self._failures = 0
                self.cursor = int(answer.json()["cursor"])
                self._hooks.reset(low, self.cursor)
                return True
            if answer.status == 401:
                self.failure = "signed out"
                return False
            self._base = base
            end = End("no snapshot", failed=True, pause=answer.retry_after)
            await self._rest(self._pause_after(end))
        return False

    # -- what a visit tells

    @property
    def silence(self) -> float:
        """Seconds of silence after which a stream is dead."""
        return self.heartbeat * _BEATS_MISSED

    def at(self, id: int) -> None:
        """Stand at ``id``."""
        self.cursor = id
