"""Keeping the log: queue, watermark, floor and trim, and the lease."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.redis_server import RedisServer, come_in, eventually, in_loop, open_log, say
from tornchat.domain.errors import LogAway
from tornchat.domain.ids import MAX_ID
from tornchat.log import read, upkeep
from tornchat.log.client import Client
from tornchat.log.scripts import script

KITCHEN = "room:kitchen"


async def messages(client: Client, count: int) -> list[int]:
    await come_in(client, "ana", "kitchen")
    return [(await say(client, "ana", "kitchen")).id for _ in range(count)]


async def kept(client: Client) -> list[int]:
    events, _ = await read.page(client, {KITCHEN: 0}, MAX_ID)
    return [event.id for event in events]


@in_loop
async def test_the_queue_gives_the_oldest_first_until_the_archive_has_them(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        ids = await messages(client, 4)
        queue = await upkeep.queued(client, 100)
        assert [event.id for event in queue[2:]] == ids
        assert [event.topic for event in queue[:2]] == ["user:ana", KITCHEN]
        assert len(await upkeep.queued(client, 3)) == 3
        await upkeep.set_archived(client, ids[1])
        assert [event.id for event in await upkeep.queued(client, 100)] == ids[2:]
        assert await upkeep.archived(client) == ids[1]


@in_loop
async def test_the_watermark_of_a_keeper_that_was_frozen_does_not_go_back(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        ids = await messages(client, 3)
        await upkeep.set_archived(client, ids[2])
        await upkeep.set_archived(client, ids[0])
        assert await upkeep.archived(client) == ids[2]


@in_loop
async def test_nothing_is_trimmed_that_the_archive_has_not_taken(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        floor = await read.floor(client)
        ids = await messages(client, 5)
        assert await upkeep.trim(client, ids[3]) == floor
        assert (await kept(client))[1:] == ids
        await upkeep.set_archived(client, ids[1])
        assert await upkeep.trim(client, ids[3]) == ids[1]
        assert await kept(client) == ids[2:]
        assert await read.floor(client) == ids[1]


@in_loop
async def test_the_floor_only_rises(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        ids = await messages(client, 5)
        await upkeep.set_archived(client, ids[4])
        assert await upkeep.trim(client, ids[2]) == ids[2]
        assert await upkeep.trim(client, ids[0]) == ids[2]
        assert await kept(client) == ids[3:]


@in_loop
async def test_heads_and_chain_outlive_what_was_trimmed(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        ids = await messages(client, 3)
        await upkeep.set_archived(client, ids[2])
        await upkeep.trim(client, ids[2])
        assert await kept(client) == []
        said = await say(client, "ana", "kitchen")
        [event], _ = await read.page(client, {KITCHEN: 0}, MAX_ID)
        assert (event.id, event.prev) == (said.id, ids[2])


@in_loop
async def test_the_floor_is_raised_before_anything_is_trimmed(own_redis: RedisServer) -> None:
    async with open_log(own_redis) as client:
        ids = await messages(client, 3)
        await upkeep.set_archived(client, ids[2])
        await client.call("CONFIG", "SET", "slowlog-log-slower-than", 0)
        await client.call("SLOWLOG", "RESET")
        await upkeep.trim(client, ids[2])
        entries: list[Any] = await client.call("SLOWLOG", "GET", 100)
        done = [entry[3] for entry in reversed(entries)]
        raised = [
            place
            for place, command in enumerate(done)
            if command[0] in (b"EVALSHA", b"EVAL") and _names(command[1], "floor")
        ]
        trimmed = [place for place, command in enumerate(done) if command[0] == b"XTRIM"]
        assert raised
        assert len(trimmed) == 2
        assert max(raised) < min(trimmed)


def _names(text: bytes, name: str) -> bool:
    found = script(name)
    return text.decode() == found.sha or text[:40].decode() == found.text[:40]


@in_loop
async def test_one_holds_the_lease_until_it_is_given_back(redis: RedisServer) -> None:
    async with open_log(redis) as client, open_log(redis, client.keys) as other:
        asked = [upkeep.hold_lease((client, other)[n % 2], f"w{n}", 60_000) for n in range(6)]
        held = await asyncio.gather(*asked)
        assert held.count(True) == 1
        holder = f"w{held.index(True)}"
        assert await upkeep.hold_lease(client, holder, 60_000)
        assert not await upkeep.hold_lease(other, "another", 60_000)
        assert not await upkeep.hold_lease(other, "another", 0)
        assert not await upkeep.hold_lease(client, holder, 0)
        assert await upkeep.hold_lease(other, "another", 60_000)


@in_loop
async def test_a_lease_that_is_not_kept_runs_out(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        assert await upkeep.hold_lease(client, "frozen", 50)
        await eventually(lambda: upkeep.hold_lease(client, "next", 60_000), "the lease")
        assert not await upkeep.hold_lease(client, "frozen", 50)


@in_loop
async def test_a_log_that_is_not_fenced_is_neither_trimmed_nor_marked(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        ids = await messages(client, 2)
        await client.call("SET", client.keys.run, "a process before this one")
        client.fence = None
        with pytest.raises(LogAway):
            await upkeep.set_archived(client, ids[1])
        with pytest.raises(LogAway):
            await upkeep.trim(client, ids[1])
        assert (await kept(client))[1:] == ids
