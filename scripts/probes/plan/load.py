"""What a plan is made for: who is there and what they say, and what machines there are."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

GIB = 1024**3
TRANSPORTS = ("sse", "long-poll", "short-poll")


class BadLoad(ValueError):
    """A load that cannot be; the text says why."""


@dataclass(frozen=True, slots=True)
class Load:
    """``users`` are in ``rooms``, of ``members_per_room`` each; ``online`` is the share of them
    that listens, and ``rate`` the messages a second, all together and alike over all rooms.

    ``interval``: seconds between two short polls of one person; ``wait``: those that a long poll
    waits for; ``size``: bytes of a text; ``batch``: messages that a worker does together, and that
    leave for a stream in one write; ``together``: messages that Redis gets at once.
    """

    users: float = 1e6
    rooms: float = 5e4
    rate: float = 2e4
    members_per_room: float = 50.0
    online: float = 0.2
    transport: str = "sse"
    interval: float = 5.0
    wait: float = 25.0
    size: float = 200.0
    batch: float = 1.0
    together: float = 1.0
    log_hours: float = 48.0

    def __post_init__(self) -> None:
        for row in fields(self):
            value = getattr(self, row.name)
            if row.name != "transport" and not value > 0:
                raise BadLoad(f"{row.name} is {value}, and has to be above 0")
        if self.transport not in TRANSPORTS:
            raise BadLoad(f"no transport {self.transport!r}: {', '.join(TRANSPORTS)}")
        if self.online > 1:
            raise BadLoad("online is a share of the users: at most 1")
        if self.members_per_room > self.users:
            raise BadLoad("a room has more members than there are users")
        if min(self.batch, self.together) < 1:
            raise BadLoad("batch and together are numbers of messages: at least 1")

    @property
    def streams(self) -> float:
        """People who listen: streams, or people who poll."""
        return self.users * self.online

    @property
    def listeners(self) -> float:
        """Who gets a message."""
        return self.members_per_room * self.online

    @property
    def deliveries(self) -> float:
        """A second."""
        return self.rate * self.listeners

    def scaled(self, times: float) -> Self:
        """So many times the people, rooms and messages; each room is as large as before."""
        return replace(
            self,
            users=max(self.users * times, self.members_per_room),
            rooms=self.rooms * times,
            rate=self.rate * times,
        )

    def plain(self) -> dict[str, Any]:
        return {row.name: getattr(self, row.name) for row in fields(self)}


@dataclass(frozen=True, slots=True)
class Site:
    """The machines. ``headroom``: the share of a processor that may be used; ``node_gbit``: what a
    node's network carries, in Gbit/s; ``back_seconds``: all who listen are back after so long when
    every line has broken at once. Memory is in bytes; that of Redis is what its data may take."""

    headroom: float = 0.6
    workers_per_node: int = 8
    node_memory: float = 32 * GIB
    node_gbit: float = 10.0
    redis_memory: float = 64 * GIB
    back_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not 0 < self.headroom <= 1:
            raise BadLoad("headroom is the share of a processor that may be used: above 0, up to 1")
        for row in fields(self):
            if not getattr(self, row.name) > 0:
                raise BadLoad(f"{row.name} has to be above 0")

    def plain(self) -> dict[str, Any]:
        return {row.name: getattr(self, row.name) for row in fields(self)}
