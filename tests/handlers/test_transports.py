"""Four transports on one reader: whoever changes between them, and between workers, at every turn
misses nothing and gets nothing twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.handlers.place import Place
from tests.handlers.visitor import Visitor
from tests.handlers.wanderer import Wanderer, assert_whole
from tests.handlers.web_socket import Socket

SAID = 80


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


@pytest.mark.gen_test(timeout=120)
async def test_who_changes_transport_and_worker_at_every_turn_misses_nothing(
    place: Place, ana: Visitor, budi: Visitor
) -> None:
    dice = random.Random(20261123)
    rooms = [budi.room, await ana.make_room("Orchard"), await ana.make_room("Yard", private=True)]
    yard = rooms[2]
    await ana.bring(budi, rooms[1])
    async with three_workers(place, "ana") as anas, three_workers(place, "budi") as budis:
        start = (await budis[0].poll(None))["cursor"]
        wanderer = Wanderer(lambda: dice.choice(budis), start, dice)
        said: list[int] = []
        outside: list[int] = []
        over = False

        async def talk() -> None:
            nonlocal over
            number = 0
            while number < SAID or not all(wanderer.turns.values()):
                number += 1
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


@pytest.mark.gen_test(timeout=120)
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
        by_sse = [(await stream.until("message"))[0] for _ in range(10)]
        by_websocket = [await socket.next() for _ in range(10)]
        assert by_sse == by_websocket == page["events"]
        assert [event["id"] for event in by_sse] == replayed + live
        stream.close()
        socket.close()
