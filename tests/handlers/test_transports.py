"""Four transports on one reader: whoever changes between them, and between workers, at every turn
misses nothing and gets nothing twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.handlers.place import Place
from tests.handlers.visitor import Visitor
from tests.handlers.web_socket import Socket

TRANSPORTS = ("sse", "long poll", "short poll", "websocket")
SAID = 80


class Wanderer:
    """Reads by another transport, at another worker, at every turn; knows only its cursor."""

    def __init__(self, places: list[Visitor], cursor: int, dice: random.Random) -> None:
        self.cursor = cursor
        self.events: list[dict[str, Any]] = []
        self.turns: dict[str, int] = dict.fromkeys(TRANSPORTS, 0)
        """How often each transport has brought something."""
        self._places = places
        self._dice = dice

    async def turn(self) -> None:
        """Read a little, by whatever chance says, and drop the line."""
        transport = self._dice.choice(TRANSPORTS)
        visitor = self._dice.choice(self._places)
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
                    kind, data, id = await stream.next()
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


@asynccontextmanager
async def three_workers(place: Place, name: str) -> AsyncIterator[list[Visitor]]:
    """The same person at three workers."""
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(place.serving()) for _ in range(3)]
        first = await workers[0].visitor().sign_in(name)
        people = [first]
        for worker in workers[1:]:
            person = worker.visitor()
            person.cookie, person.id, person.room = first.cookie, first.id, first.room
            people.append(person)
        yield people


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


@pytest.mark.gen_test(timeout=120)
async def test_who_changes_transport_and_worker_at_every_turn_misses_nothing(
    place: Place, ana: Visitor, budi: Visitor
) -> None:
    dice = random.Random(20261123)
    rooms = [budi.room, await ana.make_room("Orchard"), await ana.make_room("Yard", private=True)]
    yard = rooms[2]
    await ana.bring(budi, rooms[1])
    async with three_workers(place, "ana") as anas, three_workers(place, "budi") as budis:
        wanderer = Wanderer(budis, (await budis[0].poll(None))["cursor"], dice)
        said: list[int] = []
        outside: list[int] = []
        over = False

        async def talk() -> None:
            nonlocal over
            for number in range(SAID):
                speaker, room = dice.choice(anas), dice.choice(rooms[:2])
                said.append(await speaker.say(str(number), room))
                if number % 10 == 0:
                    await speaker.bring(budi, yard)
                    await dice.choice(anas).say("inside", yard)
                elif number % 10 == 5:
                    await speaker.delete(f"/api/rooms/{yard}/members/{budi.id}")
                    outside.append(await dice.choice(anas).say("outside", yard))
                await asyncio.sleep(dice.choice([0, 0, 0.02]))
            over = True

        talking = asyncio.ensure_future(talk())
        while not over or wanderer.cursor < max(said):
            await wanderer.turn()
        await talking
    assert_whole(wanderer.events, rooms[:2], said)
    heard = {event["id"] for event in wanderer.events}
    assert not heard & set(outside), "of a room that one is not in"
    assert all(wanderer.turns.values()), wanderer.turns


@pytest.mark.gen_test(timeout=60)
async def test_all_transports_bring_the_same(place: Place, ana: Visitor) -> None:
    async with three_workers(place, "ana") as anas:
        start = (await ana.poll(None))["cursor"]
        replayed = [await ana.say(f"before {number}") for number in range(5)]
        stream, socket = (
            await anas[0].stream(f"?after={start}"),
            await Socket.open(anas[1], f"?after={start}"),
        )
        await stream.until("hello")
        await socket.until("hello")
        live = [await anas[2].say(f"after {number}") for number in range(5)]
        page = await anas[2].poll(start)
        by_sse = [(await stream.next())[1] for _ in range(10)]
        by_websocket = [await socket.next() for _ in range(10)]
        assert by_sse == by_websocket == page["events"]
        assert [event["id"] for event in by_sse] == replayed + live
        stream.close()
        socket.close()
