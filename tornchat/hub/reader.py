"""A reader: one stream's place in the log, and the outlet that its events leave by."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tornchat import metrics
from tornchat.domain.events import Event
from tornchat.domain.join import Join
from tornchat.hub.outlet import BUFFER_LIMIT, Outlet
from tornchat.wire import sse

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub


class Reader:
    """Belongs to one session of one user. Made by `Hub.reader`, joined by `joining`."""

    __slots__ = (
        "_held_bytes",
        "_hub",
        "closed",
        "following",
        "join",
        "outlet",
        "session",
        "stale",
        "task",
    )

    def __init__(self, hub: Hub, user: str, session: str, cursor: int) -> None:
        self.join = Join(user, cursor)
        self.session = session
        self.following: set[str] = set()
        self.outlet: Outlet | None = None
        self.stale = False
        """The log was fenced while this reader joined: it has to join once more."""
        self.task: asyncio.Task[None] | None = None
        self.closed = False
        self._hub = hub
        self._held_bytes = 0

    @property
    def transport(self) -> str:
        """Its name in the figures."""
        return "sse"

    def take(self, event: Event) -> None:
        """A live event of a followed topic, in the order of ids."""
        join = self.join
        if join.offer(event):
            self.send(event)
        elif join.joining and event.id:
            # What waits for the end of a join is bounded like what waits for the socket.
            self._held_bytes += len(sse.encode_event(event))
            if self._held_bytes > BUFFER_LIMIT:
                metrics.CUTS.labels("too_slow").inc()
                self.close()

    def send(self, event: Event) -> None:
        """Write an event that the join let pass, and follow what it means for the topics."""
        if self.outlet is None:
            return
        self.outlet.send(sse.encode_event(event))
        if self.join.joining and self.task is None:
            self._hub.rejoin(self)
        elif event.fields["kind"] == "member.left":
            self._hub.settle(self)

    def go_live(self, bound: int) -> None:
        """The replay up to ``bound`` is written."""
        self._held_bytes = 0
        for event in self.join.complete(bound):
            self.send(event)
        for event in self.join.held:
            self._held_bytes += len(sse.encode_event(event))

    def beat(self, last: int | None) -> None:
        """Say that the stream is alive; ``last``: the bus's last id where the bus is healthy."""
        if last is not None:
            self.join.raise_to(last)
        if self.outlet is not None:
            self.outlet.send(self._hub.beat_frame(self.join.cursor))

    def say_goodbye(self, frame: bytes) -> None:
        """Send a last event and end the stream."""
        if self.outlet is None:
            self.close()
            return
        self.outlet.send(frame)
        self.outlet.end()

    def close(self) -> None:
        """End the stream now. The client resumes from its cursor."""
        self.closed = True
        if self.outlet is not None and not self.outlet.closed:
            self.outlet.close()
        self._hub.leave(self)
