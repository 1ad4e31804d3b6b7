"""A hub that is not connected to any Redis: a test hands it events, and reads what comes out."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tornchat.domain.events import Event
from tornchat.domain.topics import SPACE, room_topic, user_topic
from tornchat.hub.hub import Hub
from tornchat.hub.reader import Reader
from tornchat.log.client import Client
from tornchat.log.keys import Keys
from tornchat.wire import sse
from tornchat.wire.framing import Framing


class CountingSocket(socket.socket):
    """Knows how often something was written to it."""

    sends = 0

    def send(self, data: Any, flags: int = 0, /) -> int:
        self.sends += 1
        return super().send(data, flags)


class Follower:
    """A live stream of ``user`` and its client's end."""

    def __init__(
        self, hub: Hub, user: str, topics: Mapping[str, int], at: int = 0, framing: Framing = sse
    ) -> None:
        self.hub = hub
        self.client, server = socket.socketpair()
        self.client.setblocking(False)
        self.server = CountingSocket(fileno=server.detach())
        self.reader: Reader = hub.reader(user, f"session of {user}", at, framing=framing)
        self.enter(topics)
        farewell = hub.frames.farewell(framing)
        self.reader.open(hub.outlets.open(self.server, self.reader, farewell), b"")
        self.reader.go_live(at)
        self.server.sends = 0

    def enter(self, topics: Mapping[str, int]) -> None:
        """As `joining.enter` does."""
        self.reader.join.enter(self.hub.follow(self.reader, topics))

    def received(self) -> bytes:
        """What has arrived since it was last asked."""
        try:
            return self.client.recv(1 << 20)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        self.client.close()
        self.reader.close()


@asynccontextmanager
async def quiet_hub() -> AsyncIterator[Hub]:
    hub = Hub(Client("unix:///nowhere", Keys("main")), "unix:///nowhere", 30)
    try:
        yield hub
    finally:
        for reader in hub.readers():
            reader.close()
        hub.outlets.close()


def topics_of(user: str, *rooms: str) -> dict[str, int]:
    return dict.fromkeys([SPACE, user_topic(user), *map(room_topic, rooms)], 0)


def message(id: int, room: str) -> Event:
    fields = {"kind": "message", "room": room, "author": "ana", "body": f"number {id}", "at": id}
    return Event(id, id - 1, room_topic(room), fields)


def aside(room: str) -> Event:
    """Is not logged, and in its place among the others all the same."""
    fields = {"kind": "aside", "room": room, "user": "ana", "at": 0}
    return Event(0, 0, room_topic(room), fields)


def frames(*events: Event) -> bytes:
    return b"".join(map(sse.encode_event, events))
