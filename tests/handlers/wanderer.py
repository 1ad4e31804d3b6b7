"""A reader that changes transport and place at every turn, and what must hold for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from tests.handlers.visitor import Visitor
from tests.handlers.web_socket import Socket

TRANSPORTS = ("sse", "long poll", "short poll", "websocket")


class Wanderer:
    """Reads by another transport, as ``next_visitor`` (the same person in another place), at every
    turn; knows only its cursor."""

    def __init__(
        self, next_visitor: Callable[[], Visitor], cursor: int, dice: random.Random
    ) -> None:
        self.cursor = cursor
        self.events: list[dict[str, Any]] = []
        self.turns: dict[str, int] = dict.fromkeys(TRANSPORTS, 0)
        """How often each transport has brought something."""
        self._next_visitor = next_visitor
        self._dice = dice

    async def turn(self) -> None:
        """Read a little, by whatever chance says, and drop the line."""
        transport = self._dice.choice(TRANSPORTS)
        visitor = self._next_visitor()
        most = self._dice.randint(1, 12)
        before = len(self.events)
        if transport == "short poll":
            await self._poll(visitor, 0)
        elif transport == "long poll":
            await self._poll(visitor, 0.2)
        elif transport == "sse":
            await self._sse(visitor, most)
        else:
            await self._websocket(visitor, most)
        self.turns[transport] += len(self.events) > before

    async def _poll(self, visitor: Visitor, wait: float) -> None:
        page = await visitor.poll(self.cursor, wait)
        assert not page["reset"]
        self.events += page["events"]
        assert page["cursor"] >= self.cursor
        self.cursor = page["cursor"]

    async def _sse(self, visitor: Visitor, most: int) -> None:
        stream = await visitor.stream(headers=f"Last-Event-ID: {self.cursor}\r\n")
        try:
            async with asyncio.timeout(0.2):
                for _ in range(most):
                    kind, data, id = await stream.anything()
                    self._take({"kind": kind, **data}, int(id))
        except TimeoutError:
            pass
        finally:
            stream.close()

    async def _websocket(self, visitor: Visitor, most: int) -> None:
        socket = await Socket.open(visitor, f"?after={self.cursor}")
        try:
            async with asyncio.timeout(0.2):
                for _ in range(most):
                    event = await socket.next()
                    self._take(event, event["id"])
        except TimeoutError:
            pass
        finally:
            socket.close()

    def _take(self, event: dict[str, Any], id: int) -> None:
        assert not event.get("reset")
        assert event["kind"] not in ("end", "bye")
        assert id >= self.cursor
        self.cursor = id
        if event["kind"] not in ("hello", "beat"):
            self.events.append(event)


def assert_whole(events: list[dict[str, Any]], rooms: list[str], said: list[int]) -> None:
    """Everything that was said in rooms that were never left came once, in order."""
    ids = [event["id"] for event in events]
    assert ids == sorted(set(ids)), "an event came twice or out of order"
    got = [event["id"] for event in events if event["kind"] == "message" and event["room"] in rooms]
    assert got == sorted(said)
    last: dict[str, int] = {}
    for event in events:
        if event["topic"] in [f"room:{room}" for room in rooms]:
            assert event["prev"] == last.get(event["topic"], event["prev"]), "a hole"
            last[event["topic"]] = event["id"]
