"""A reader: one stream's place in the log, and the outlet that its events leave by.

All transports read so: a stream has a framing that makes bytes of its events, and a poll
(`hub.poll`) is a reader that takes until it has something to answer.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from tornchat import metrics
from tornchat.domain.events import Event
from tornchat.domain.join import Join
from tornchat.hub.admission import Seat
from tornchat.hub.circles import Circle
from tornchat.hub.frames import TOO_SLOW
from tornchat.hub.outlet import BUFFER_LIMIT, Outlet
from tornchat.wire import sse
from tornchat.wire.framing import Dialogue, Framing

if TYPE_CHECKING:
    from tornchat.hub.fanout import Parcel
    from tornchat.hub.hub import Hub


class Reader:
    """Belongs to one session of one user. Made by `Hub.reader`, joined by `joining`."""

    __slots__ = (
        "_dialogue",
        "_held_bytes",
        "_hub",
        "circle",
        "closed",
        "due",
        "framing",
        "join",
        "moving",
        "outlet",
        "seat",
        "session",
        "stale",
        "start",
        "task",
        "turn",
    )

    def __init__(
        self, hub: Hub, user: str, session: str, cursor: int, seat: Seat, framing: Framing = sse
    ) -> None:
        # Interned: every request has its own copy, and the streams of one person need but one.
        self.join = Join(sys.intern(user), cursor)
        self.start = cursor
        """The client's cursor; 0 where it gave none."""
        self.session = sys.intern(session)
        self.seat = seat
        self.due = math.inf
        """When to tell it to move, or to end it where it was told; on the loop's clock."""
        self.moving = False
        self.circle: Circle | None = None
        """The readers who follow the same; None before and after it follows anything."""
        self.turn = 0
        """Of the beats, which is its own."""
        self.framing = framing
        self.outlet: Outlet | None = None
        self.stale = False
        """The log was fenced while this reader joined: it has to join once more."""
        self.task: asyncio.Task[None] | None = None
        self.closed = False
        self._hub = hub
        self._held_bytes = 0
        self._dialogue: Dialogue | None = None

    def open(self, outlet: Outlet, head: bytes) -> None:
        """Begin to write: ``head`` first, and listen where the framing lets a client speak."""
        self.outlet = outlet
        outlet.send(head)
        self._dialogue = self.framing.dialogue()
        if self._dialogue is not None:
            outlet.listen()

    @property
    def following(self) -> Collection[str]:
        """The topics whose events come to it; while it joins they may be more than its own."""
        return self.circle.topics.keys() if self.circle is not None else ()

    @property
    def transport(self) -> str:
        """Its name in the figures."""
        return self.framing.TRANSPORT

    @property
    def ending(self) -> bool:
        """It has been sent its last event, or is over."""
        return self.closed or (self.outlet is not None and self.outlet.ending)

    def take(self, event: Event) -> bool:
        """A live event of a followed topic, in the order of ids. Whether it is for this reader: it
        was sent, or waits until the reader has joined."""
        join = self.join
        if join.offer(event):
            self.send(event)
            return True
        if not (join.joining and event.id):
            return False
        # What waits for the end of a join is bounded like what waits for the socket.
        self._held_bytes += self._size(event)
        if self._held_bytes > BUFFER_LIMIT:
            self._hub.dismiss(self, TOO_SLOW, retry=True)
        return True

    def take_passing(self, parcel: Parcel) -> bool:
        """What is said live and not logged, of topics that it reads. Whether it was sent: where
        something else has to be sent or read first, it goes without."""
        outlet = self.outlet
        if outlet is None or outlet.ending or outlet.waiting or self.join.joining:
            return False
        for piece in parcel.pieces(self.framing):
            outlet.send(piece)
        return True

    def send(self, event: Event) -> None:
        """Write an event that the join let pass, and follow what it means for the topics."""
        if self.outlet is None:
            return
        self.outlet.send(self.framing.encode_event(event))
        if self.ending:
            return  # the client has gone, or was cut off
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
            self._held_bytes += self._size(event)

    def beat(self, last: int | None) -> None:
        """Say that the stream is alive; ``last``: the bus's last id where the bus is healthy."""
        if last is not None:
            self.join.raise_to(last)
        if self.outlet is not None:
            self.outlet.send(self._hub.frames.beat(self.framing, self.join.cursor))

    def tell(self, kind: str, data: dict[str, Any], id: int | None = None) -> None:
        """Send an event of the stream itself, which goes on."""
        if self.outlet is not None:
            self.outlet.send(self.framing.encode(kind, data, id))

    def say_goodbye(self, kind: str, data: dict[str, Any]) -> None:
        """Send a last event of the stream itself, `bye` or a `hello` that is a reset, and end.

        The hub is left at once; what still waits in the outlet goes out on its own.
        """
        if self.outlet is None:
            self.close()
            return
        self.outlet.end(self.framing.last(kind, data))
        self._hub.leave(self)

    def reset(self, reason: str) -> None:
        """What it was sent may be wrong, or cannot go on: the client has to reload."""
        if not self.ending:
            metrics.RESETS.labels(reason).inc()
            self.say_goodbye("hello", self._hub.frames.hello(None))

    def join_again(self) -> None:
        """The log was fenced: memberships may be other ones than this reader knows."""
        if self.task is not None or self.outlet is None:
            self.stale = True
        else:
            self._hub.rejoin(self)

    # -- hub.outlet.Owner

    def close(self) -> None:
        """End the stream now. The client resumes from its cursor."""
        self.closed = True
        if self.outlet is not None and not self.outlet.closed:
            self.outlet.close()
        self._hub.leave(self)

    def cut(self) -> None:
        """It takes too little; its farewell goes out on its own."""
        self._hub.leave(self)

    def hear(self, data: bytes) -> None:
        """The client of a WebSocket says something."""
        if self._dialogue is None or self.outlet is None:
            return
        answer = self._dialogue.hear(data, time.monotonic())
        if answer:
            self.outlet.send(answer)
        if self._dialogue.over:
            self.outlet.end()
            self._hub.leave(self)

    # -- inside

    def _size(self, event: Event) -> int:
        return len(self.framing.encode_event(event))
