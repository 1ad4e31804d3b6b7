"""Appending: id, prev, time, membership, idempotency, rate, queue and publish in one step."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.redis_server import RedisServer, come_in, go_out, in_loop, open_log, say, until
from tornchat.domain.errors import Forbidden, LogAway, NonceReused, TooMany
from tornchat.domain.ids import MAX_ID, TICKS_PER_MS
from tornchat.log import append, read, upkeep
from tornchat.log.client import Client
from tornchat.log.connection import connect
from tornchat.wire import packed

KITCHEN = "room:kitchen"


async def kitchen(client: Client) -> list[Any]:
    """The raw entries of the kitchen's stream."""
    entries: list[Any] = await client.call("XRANGE", client.keys.log(KITCHEN), "-", "+")
    return entries


async def say_on_and_on(client: Client, rate: float) -> None:
    for _ in range(50):
        await say(client, "ana", "kitchen", rate=rate)


@in_loop
async def test_ids_increase_and_each_event_names_the_one_before_it(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen", "garden")
        said = [
            await say(client, "ana", room) for room in ("kitchen", "garden", "kitchen", "garden")
        ]
        ids = [each.id for each in said]
        assert ids == sorted(set(ids))
        where = await read.position(client, [KITCHEN, "room:garden"])
        assert where.clock == ids[-1]
        assert where.heads == {KITCHEN: ids[2], "room:garden": ids[3]}
        events, _ = await read.page(client, {KITCHEN: 0}, where.clock)
        assert [event.prev for event in events] == [0, *(event.id for event in events[:-1])]
        assert [event.id for event in events[1:]] == [ids[0], ids[2]]


@in_loop
async def test_a_thousand_messages_at_once_have_a_thousand_ids_in_one_unbroken_chain(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client, open_log(redis, client.keys) as other:
        await come_in(client, "ana", "kitchen")
        posts = [say((client, other)[n % 2], "ana", "kitchen", str(n)) for n in range(1000)]
        said = await asyncio.gather(*posts)
        assert len({each.id for each in said}) == 1000
        events, complete = await read.page(client, {KITCHEN: 0}, MAX_ID, 2000)
        assert complete == MAX_ID
        assert [event.prev for event in events] == [0, *(event.id for event in events[:-1])]
        assert len(events) == 1001


@in_loop
async def test_the_time_is_that_of_redis_and_the_id_is_near_to_it(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await client.call("SET", client.keys.clock, 5)  # no fence has pushed this log ahead
        await come_in(client, "ana", "kitchen")
        _, before = await upkeep.clock_and_time(client)
        said = await say(client, "ana", "kitchen")
        _, after = await upkeep.clock_and_time(client)
        assert before <= said.at <= after
        assert before <= said.id // TICKS_PER_MS <= after
        [_, event], _ = await read.page(client, {KITCHEN: 0}, MAX_ID)
        assert event.fields["at"] == said.at


@in_loop
async def test_what_is_published_is_what_the_log_keeps(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        heard: list[Any] = []
        ear = await connect(redis.url, heard.extend)
        ear.say("SUBSCRIBE", client.keys.channel(KITCHEN))
        await until(lambda: heard, "the confirmation")
        await come_in(client, "ana", "kitchen")
        said = await say(client, "ana", "kitchen", "größer 😀\r\n\0")
        await until(lambda: len(heard) == 3, "two frames")
        ear.close()
        frames = [packed.event_of_frame(KITCHEN, message[2]) for message in heard[1:]]
        events, _ = await read.page(client, {KITCHEN: 0}, MAX_ID)
        assert frames == events
        assert frames[1].id == said.id
        assert frames[1].fields["body"] == "größer 😀\r\n\0"
        entries = await kitchen(client)
        for entry, message in zip(entries, heard[1:], strict=True):
            assert message[2].endswith(dict(zip(entry[1][::2], entry[1][1::2], strict=True))[b"e"])
        # The archive's queue has the same, with the topic.
        assert [
            (e.id, e.fields) for e in await upkeep.queued(client, 10) if e.topic == KITCHEN
        ] == [(e.id, e.fields) for e in events]


@in_loop
async def test_ids_near_the_end_of_53_bits_stay_exact(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        start = MAX_ID - 6
        await client.call("SET", client.keys.clock, start)
        said = [await say(client, "ana", "kitchen", nonce=f"n{n}") for n in range(6)]
        ids = [each.id for each in said]
        assert ids == list(range(start + 1, MAX_ID + 1))
        assert (await say(client, "ana", "kitchen", nonce="n4")).id == ids[4]
        events, _ = await read.page(client, {KITCHEN: start}, MAX_ID)
        assert [event.id for event in events] == ids
        assert [event.prev for event in events[1:]] == ids[:-1]
        where = await read.position(client, [KITCHEN])
        assert (where.clock, where.heads[KITCHEN]) == (MAX_ID, MAX_ID)
        entries = await kitchen(client)
        assert [entry[0] for entry in entries[1:]] == [b"%d-0" % id for id in ids]


@in_loop
async def test_the_same_nonce_again_appends_nothing_and_gives_the_first_answer(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        posts = [say(client, "ana", "kitchen", "once", nonce="n") for _ in range(10)]
        answers = await asyncio.gather(*posts)
        assert len({(answer.id, answer.at) for answer in answers}) == 1
        assert sorted(answer.again for answer in answers) == [False] + [True] * 9
        assert len(await kitchen(client)) == 2


@in_loop
async def test_the_same_nonce_with_other_words_is_a_conflict(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        await say(client, "ana", "kitchen", "once", nonce="n")
        with pytest.raises(NonceReused):
            await say(client, "ana", "kitchen", "twice", nonce="n")
        assert len(await kitchen(client)) == 2


@in_loop
async def test_a_nonce_is_the_authors_own_in_one_room(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen", "garden")
        await come_in(client, "budi", "kitchen")
        said = [
            await say(client, user, room, nonce="n")
            for user, room in (("ana", "kitchen"), ("ana", "garden"), ("budi", "kitchen"))
        ]
        assert not any(each.again for each in said)


@in_loop
async def test_without_a_nonce_the_same_words_are_two_messages(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        first, second = [await say(client, "ana", "kitchen", "same") for _ in range(2)]
        assert first.id < second.id
        assert not second.again


@in_loop
async def test_a_stranger_and_whoever_has_left_append_nothing(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        await go_out(client, "ana", "kitchen")
        before = len(await kitchen(client))
        for user in ("ana", "budi"):
            with pytest.raises(Forbidden):
                await say(client, user, "kitchen", nonce="n")
        assert len(await kitchen(client)) == before


@in_loop
async def test_who_writes_too_fast_is_told_when_to_go_on(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        with pytest.raises(TooMany) as slow:
            await say_on_and_on(client, rate=0.1)
        accepted = len(await kitchen(client)) - 1
        assert accepted == 5
        assert slow.value.retry_after is not None
        assert 0 < slow.value.retry_after <= 10
        assert await client.call("PTTL", client.keys.rate("post:ana")) > 0


@in_loop
async def test_what_is_sent_again_is_answered_even_where_its_author_is_too_fast(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        first = await say(client, "ana", "kitchen", nonce="n", rate=0.1)
        with pytest.raises(TooMany):
            await say_on_and_on(client, rate=0.1)
        assert (await say(client, "ana", "kitchen", nonce="n", rate=0.1)).id == first.id


@in_loop
async def test_nothing_is_appended_to_a_log_that_is_not_fenced(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        await client.call("SET", client.keys.run, "a process before this one")
        client.fence = None
        with pytest.raises(LogAway):
            await say(client, "ana", "kitchen")
        assert len(await kitchen(client)) == 1


@in_loop
async def test_who_meets_a_log_that_is_not_fenced_fences_it_and_goes_on(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        first = await say(client, "ana", "kitchen")
        await client.call("SET", client.keys.run, "a process before this one")
        posts = [say(client, "ana", "kitchen", str(n)) for n in range(20)]
        said = await asyncio.gather(*posts)
        assert min(each.id for each in said) > first.id
        assert await upkeep.is_fenced(client)


@in_loop
async def test_a_limit_by_itself_lets_a_burst_in_and_then_says_how_long(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        waits = [await append.wait_of_limit(client, "sign-in:x", 6, 3) for _ in range(6)]
        assert [wait > 0 for wait in waits] == [False] * 3 + [True] * 3
        assert waits[-1] <= 10
        assert await append.wait_of_limit(client, "sign-in:y", 6, 3) == 0


@in_loop
async def test_a_message_costs_redis_one_script_of_ten_commands(own_redis: RedisServer) -> None:
    async with open_log(own_redis) as client:
        await come_in(client, "ana", "kitchen")
        await say(client, "ana", "kitchen")  # the script is known from now on

        async def commands_of(nonce: str | None = None, rate: float = 0) -> dict[str, float]:
            await client.call("CONFIG", "RESETSTAT")
            for number in range(5):
                key = nonce and f"{nonce}{number}"
                await say(client, "ana", "kitchen", nonce=key, rate=rate)
            info: bytes = await client.call("INFO", "commandstats")
            found = re.findall(r"cmdstat_(\w+):calls=(\d+)", info.decode())
            return {name: int(calls) / 5 for name, calls in found if name != "config"}

        usual = {"evalsha": 1, "hexists": 1, "hmget": 1, "time": 1, "get": 2, "hget": 1}
        usual |= {"set": 1, "hset": 1, "xadd": 2, "publish": 1}
        assert await commands_of() == usual
        assert await commands_of("a") == usual | {"get": 3, "set": 2}
        assert await commands_of("b", rate=1000) == usual | {"get": 4, "set": 3}
