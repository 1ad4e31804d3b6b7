"""The fence: no id twice, nothing hidden that survived, nothing lost without a word."""

from __future__ import annotations

import asyncio

import pytest

from tests.redis_server import RedisServer, come_in, in_loop, new_space, open_log, say, until
from tornchat.domain.errors import LogAway
from tornchat.domain.ids import FENCE_STEP, MAX_ID
from tornchat.domain.sessions import SessionRecord
from tornchat.log import mirror, read, upkeep
from tornchat.log.client import Client

RECORD = SessionRecord("ana", "member", "cookie", None).packed()


async def another_process(client: Client) -> None:
    """As Redis is after a restart: what it kept was fenced for the process before."""
    await client.call("SET", client.keys.run, "a process before this one")


async def fence(
    client: Client, mark: int = 0, archived: int = 0, staged: str = ""
) -> upkeep.Fenced:
    await upkeep.is_fenced(client)
    return await upkeep.fence(client, client.run_id, mark, archived, staged, FENCE_STEP)


@in_loop
async def test_a_new_space_begins_at_the_mark_and_nobody_comes_from_before(
    redis: RedisServer,
) -> None:
    client = Client(redis.url, new_space())
    fenced = await fence(client, mark=5 * FENCE_STEP)
    assert fenced == upkeep.Fenced(True, 5 * FENCE_STEP, 5 * FENCE_STEP)
    assert (await read.position(client, [])).clock == await read.floor(client) == 5 * FENCE_STEP
    await client.close()


@in_loop
async def test_what_survived_a_restart_is_still_there_and_ids_go_on_well_above(
    own_redis: RedisServer,
) -> None:
    async with open_log(own_redis) as client:
        await come_in(client, "ana", "kitchen")
        said = [(await say(client, "ana", "kitchen", str(n), nonce=str(n))).id for n in range(5)]
        floor = await read.floor(client)
        own_redis.restart()
        await until(lambda: client._connection is None or client._connection.closed, "the loss")
        again = await say(client, "ana", "kitchen", "0", nonce="0")
        assert (again.id, again.again) == (said[0], True)
        later = await say(client, "ana", "kitchen", "later")
        assert later.id > said[-1] + FENCE_STEP
        assert await read.floor(client) == floor
        events, _ = await read.page(client, {"room:kitchen": 0}, MAX_ID)
        assert [event.id for event in events[1:]] == [*said, later.id]
        assert events[-1].prev == said[-1]


@in_loop
async def test_after_the_loss_of_everything_nobody_comes_from_before(
    own_redis: RedisServer,
) -> None:
    keys = new_space()
    async with open_log(own_redis, keys) as client:
        await come_in(client, "ana", "kitchen")
        last = (await say(client, "ana", "kitchen")).id
    own_redis.restart(empty=True)
    client = Client(own_redis.url, keys)
    assert not await upkeep.is_fenced(client)
    fenced = await fence(client, mark=last + FENCE_STEP, archived=last)
    assert fenced.floor == fenced.clock == last + FENCE_STEP
    await come_in(client, "ana", "kitchen")
    assert (await say(client, "ana", "kitchen")).id > last + FENCE_STEP
    await client.close()


@in_loop
async def test_a_clock_that_went_back_is_set_above_the_mark_of_sql(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        survived = (await read.position(client, [])).clock
        await another_process(client)
        mark = survived + 10 * FENCE_STEP
        fenced = await fence(client, mark=mark)
        assert (fenced.first, fenced.clock) == (True, mark)
        await another_process(client)
        fenced = await fence(client, mark=mark)
        assert fenced.clock == mark + FENCE_STEP


@in_loop
async def test_a_lost_clock_begins_at_the_mark(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        mark = (await read.position(client, [])).clock + FENCE_STEP
        await client.call("DEL", client.keys.clock)
        await another_process(client)
        assert (await fence(client, mark=mark)).clock == mark


@in_loop
async def test_a_floor_that_survived_stays_and_a_lost_one_is_the_new_clock(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        floor = await read.floor(client)
        await another_process(client)
        assert (await fence(client)).floor == floor
        await client.call("DEL", client.keys.floor)
        await another_process(client)
        fenced = await fence(client)
        assert fenced.floor == fenced.clock > floor


@in_loop
async def test_where_the_archive_knows_more_than_the_log_all_readers_reload(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        clock = (await read.position(client, [])).clock
        await another_process(client)
        fenced = await fence(client, mark=clock + 5, archived=clock + 3)
        assert fenced.floor == fenced.clock
        assert await upkeep.archived(client) == clock + 3
        await another_process(client)
        assert (await fence(client, archived=clock + 3)).floor == fenced.floor


@in_loop
async def test_of_many_fencers_one_fences_and_the_others_learn_what_it_set(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client, open_log(redis, client.keys) as other:
        await another_process(client)
        clock = (await upkeep.clock_and_time(client))[0]
        calls = [fence((client, other)[n % 2], mark=clock + n) for n in range(8)]
        fenced = await asyncio.gather(*calls)
        assert [each.first for each in fenced].count(True) == 1
        assert {(each.clock, each.floor) for each in fenced} == {(fenced[0].clock, fenced[0].floor)}


@in_loop
async def test_a_fence_for_a_process_that_is_gone_changes_nothing(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await another_process(client)
        before = await client.call("GET", client.keys.clock)
        with pytest.raises(LogAway):
            await upkeep.fence(client, "the process that was looked at", MAX_ID, 0, "", FENCE_STEP)
        assert await client.call("GET", client.keys.clock) == before
        assert not await upkeep.is_fenced(client)


@in_loop
async def test_staged_sessions_take_the_place_of_all_sessions_for_good(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await client.call("HSET", client.keys.mirror("sessions"), "revoked", RECORD)
        await another_process(client)
        await mirror.stage_sessions(client, "t", {})
        staged = await mirror.stage_sessions(client, "t", {"d1": RECORD})
        assert await mirror.stage_sessions(client, "t", {"d2": RECORD}) == staged
        assert await client.call("TTL", staged) > 0
        await fence(client, staged=staged)
        assert await client.call("TTL", client.keys.mirror("sessions")) == -1
        assert await client.call("EXISTS", staged) == 0
        found = await mirror.sessions(client, ["d1", "d2", "revoked"])
        assert [record is not None for record in found.values()] == [True, True, False]


@in_loop
async def test_a_fence_without_sessions_leaves_none(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await client.call("HSET", client.keys.mirror("sessions"), "revoked", RECORD)
        await another_process(client)
        staged = await mirror.stage_sessions(client, "t", {})
        await fence(client, staged=staged)
        assert await mirror.session(client, "revoked") is None


@in_loop
async def test_a_fencer_that_comes_second_leaves_sessions_and_memberships_alone(
    redis: RedisServer,
) -> None:
    """What it read from SQL may be older than what was announced since."""
    async with open_log(redis) as client:
        await another_process(client)
        first = await mirror.stage_sessions(client, "first", {"d1": RECORD})
        second = await mirror.stage_sessions(client, "second", {"old": RECORD})
        await fence(client, staged=first)
        joined = await come_in(client, "ana", "kitchen")
        assert not await mirror.restore_memberships(client, "ana", {})
        assert not (await fence(client, staged=second)).first
        assert await client.call("EXISTS", second) == 0
        assert await mirror.session(client, "old") is None
        assert await mirror.session(client, "d1") is not None
        assert await mirror.joined_id(client, "ana", "kitchen") == joined


@in_loop
async def test_memberships_are_written_anew_before_the_fence(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen", "garden")
        await come_in(client, "budi", "kitchen")
        await another_process(client)
        assert await mirror.restore_memberships(client, "ana", {"garden": 7, "roof": 8})
        assert await mirror.restore_memberships(client, "budi", {})
        await fence(client)
        assert (await read.position(client, [], "ana")).memberships == {"garden": 7, "roof": 8}
        assert (await read.position(client, [], "budi")).memberships == {}


@in_loop
async def test_the_mirror_of_a_log_that_is_not_fenced_vouches_for_nobody(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        await client.call("HSET", client.keys.mirror("sessions"), "revoked", RECORD)
        await another_process(client)
        client.fence = None
        with pytest.raises(LogAway):
            await mirror.session(client, "revoked")


@in_loop
async def test_callers_that_meet_a_lost_log_at_once_share_one_fence(own_redis: RedisServer) -> None:
    async with open_log(own_redis) as client:
        await come_in(client, "ana", "kitchen")
        fences = 0
        before = client.fence
        assert before is not None

        async def counted() -> None:
            nonlocal fences
            fences += 1
            await before()

        client.fence = counted
        own_redis.restart()
        await until(lambda: client._connection is None or client._connection.closed, "the loss")
        await asyncio.gather(*(say(client, "ana", "kitchen", str(n)) for n in range(20)))
        assert fences == 1
