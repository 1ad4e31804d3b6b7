"""A poll: a reader that answers once.

What comes live only wakes it; the answer is what the log has up to the bound of a join. A stream
may hand on a live event before it shows that one before it was lost, because it is still there to
be told so. A poll has answered by then, and its cursor would lead the client past the hole.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornchat.domain.errors import LogAway
from tornchat.domain.events import Event
from tornchat.hub import joining
from tornchat.hub.admission import Seat
from tornchat.hub.outlet import BUFFER_LIMIT
from tornchat.hub.reader import Reader
from tornchat.wire.browser import event_json

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub


@dataclass(frozen=True, slots=True)
class Page:
    """What a poll answers: events as JSON, and the cursor to come back with, None for a *reset*.

    ``leaving``: the stream would have ended here, so the client should connect anew.
    """

    cursor: int | None
    events: list[bytes]
    leaving: bool = False


class Poll(Reader):
    """Made by `Hub.poll`; whoever made it closes it."""

    __slots__ = ("_leaving", "_passing", "_passing_bytes", "_start", "_woken")

    def __init__(self, hub: Hub, user: str, session: str, cursor: int | None, seat: Seat) -> None:
        super().__init__(hub, user, session, cursor or 0, seat)
        self._start = cursor
        self._woken = asyncio.Event()
        self._leaving = False
        self._passing: list[bytes] = []
        """Ephemeral events, which the log does not have."""
        self._passing_bytes = 0

    @property
    def transport(self) -> str:
        return "poll"

    @property
    def ending(self) -> bool:
        return self.closed or self._leaving

    async def answer(self, wait: float) -> Page:
        """What lies after the cursor, as soon as there is something, at the latest after ``wait``
        seconds. Raises `LogAway`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        cursor = self._start
        while True:
            self._woken.clear()
            entry = await joining.enter(self._hub, self, cursor)
            if entry.start is None:
                return Page(None, [])
            cursor, events = _first_of(entry)
            events += self._passing
            left = end - loop.time()
            if events or self._leaving or left <= 0:
                return Page(cursor, events, self._leaving)
            if not await self._more_to_come(left):
                return Page(cursor, [], True)

    async def _more_to_come(self, seconds: float) -> bool:
        """Wait until something happens; False: nothing will, here. Raises `LogAway`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        if self.closed:
            raise LogAway()
        return not self._leaving

    # -- what happens to a reader

    def take(self, event: Event) -> bool:
        """A live event of a followed topic, which is not sent, but wakes."""
        if not event.id:
            if event.topic not in self.join.topics:
                return False
            data = event_json(event)
            self._passing_bytes += len(data)
            if self._passing_bytes <= BUFFER_LIMIT:
                self._passing.append(data)
        self._woken.set()
        return False

    def beat(self, last: int | None) -> None:
        """A poll has no need of beats."""

    def tell(self, kind: str, data: dict[str, Any], id: int | None = None) -> None:
        """A stream would be told to move: answer, and let the client connect anew."""
        self._leaving = True
        self._woken.set()

    def say_goodbye(self, kind: str, data: dict[str, Any]) -> None:
        """A stream would end with this."""
        self._leaving = True
        self._woken.set()

    def reset(self, reason: str) -> None:
        """This one has told its client nothing yet that could be wrong: to join again shows whether
        the log reaches back to its cursor."""
        self._woken.set()

    def join_again(self) -> None:
        """The log was fenced."""
        self._woken.set()

    def close(self) -> None:
        super().close()
        self._woken.set()


def _first_of(entry: joining.Entry) -> tuple[int, list[bytes]]:
    """As much of the first page as an answer may hold, but one event at least, and the id up to
    which that is complete."""
    events: list[bytes] = []
    size = complete = 0
    for event in entry.events:
        data = event_json(event)
        size += len(data)
        if events and size > BUFFER_LIMIT:
            return complete, events
        events.append(data)
        complete = event.id
    return entry.complete, events
