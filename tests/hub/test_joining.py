"""What a join costs Redis, and where what it replays comes from. Counted by Redis itself."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.hub.test_streams import Browser, hub_behind_a_line, running_hub
from tests.log.test_bus import says_lost
from tests.redis_server import RedisServer, come_in, in_loop, open_log, say, until
from tornchat.log import bus
from tornchat.log.client import Client

MANY = 100


async def carried_out(client: Client) -> Counter[str]:
    """How often Redis has carried out each command, those of scripts included."""
    lines = (await client.call("INFO", "commandstats")).decode().splitlines()[1:]
    counts: Counter[str] = Counter()
    for line in lines:
        name, _, rest = line.removeprefix("cmdstat_").partition(":calls=")
        counts[name] = int(rest.partition(",")[0])
    return counts


@in_loop
async def test_many_who_come_back_at_once_share_what_they_ask(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "PULSE_SECONDS", 30.0)
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        users = [f"user{number % 10}" for number in range(MANY)]
        for user in set(users):
            await come_in(client, user, "kitchen", "garden")
        first = [await Browser(user).open(hub, None) for user in users]
        cursor = (await say(client, "user0", "kitchen")).id
        missed = [(await say(client, "user0", room)).id for room in ("kitchen", "garden") * 5]
        await until(lambda: all(len(each.ids()) == 11 for each in first), "all messages")
        for browser in first:
            browser.socket.close()
        await until(lambda: not hub.readers(), "the end of all streams")
        before = await carried_out(client)
        again = await asyncio.gather(*(Browser(user).open(hub, cursor) for user in users))
        await until(lambda: all(each.ids() == missed for each in again), "what was missed")
        used = await carried_out(client) - before
        assert used["xrange"] == 0
        assert used["subscribe"] == 0
        assert used["evalsha"] <= MANY / 10
        assert sum(used.values()) <= 2 * MANY


@in_loop
async def test_the_first_who_reads_the_log_spares_it_the_others(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        said = [(await say(client, "ana", "kitchen")).id for _ in range(6)]
        async with running_hub(client, redis.url) as hub:  # which has heard nothing of it
            before = await carried_out(client)
            for cursor in (said[1], said[1], said[4]):
                browser = await Browser("ana").open(hub, cursor)
                missed = [id for id in said if id > cursor]
                await until(lambda: browser.ids() == missed, "what was missed")  # noqa: B023
            assert (await carried_out(client) - before)["xrange"] == 1


@in_loop
async def test_what_a_worker_was_not_told_is_read_from_the_log(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "PULSE_SECONDS", 30.0)
    async with hub_behind_a_line(redis) as (client, line, hub):
        await come_in(client, "ana", "kitchen")
        witness = await Browser("ana").open(hub, None)
        said = [(await say(client, "ana", "kitchen", "heard")).id]
        await until(lambda: witness.ids() == said, "the message")
        line.lose = says_lost
        said += [(await say(client, "ana", "kitchen", "lost")).id]
        late = await Browser("ana").open(hub, said[0])
        await until(lambda: late.ids() == said[1:], "what was not heard")
        assert witness.ids() == said[:1]
