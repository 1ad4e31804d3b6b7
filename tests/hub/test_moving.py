"""Streams that are moved to another worker: each after its life, all of them when theirs goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.hub.test_streams import Browser, running_hub
from tests.redis_server import RedisServer, come_in, in_loop, open_log, say, until
from tornchat.hub import moving
from tornchat.hub.hub import Hub
from tornchat.log.client import Client

STREAMS = 200


class Guest:
    """A browser that moves when it is told to, with its last id, and keeps all that it was sent."""

    def __init__(self, user: str, elsewhere: Hub) -> None:
        self.user = user
        self.elsewhere = elsewhere
        self.browser = Browser(user)
        self.ids: list[int] = []
        self.after_ms: int | None = None

    async def move_when_told(self) -> None:
        await until(lambda: "move" in self.browser.kinds(), "the move")
        [told] = [each for each in self.browser.received if each.kind == "move"]
        self.after_ms = int(told.data.partition(":")[2].rstrip("}"))
        await asyncio.sleep(self.after_ms / 1000)
        self.ids = self.browser.ids()
        last = self.browser._decoder.last_id
        self.browser.socket.close()
        self.browser = await Browser(self.user).open(self.elsewhere, int(last))

    def all_ids(self) -> list[int]:
        return self.ids + self.browser.ids()


@asynccontextmanager
async def short_lived_hub(client: Client, url: str, life: float) -> AsyncIterator[Hub]:
    hub = Hub(client, url, heartbeat=0.2, life=life)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.close()


@in_loop
async def test_a_drained_worker_sends_each_stream_away_at_its_own_moment_and_nothing_is_missed(
    redis: RedisServer,
) -> None:
    async with (
        open_log(redis) as client,
        running_hub(client, redis.url) as leaving,
        running_hub(client, redis.url) as staying,
    ):
        await come_in(client, "ana", "kitchen")
        guests = [Guest("ana", staying) for _ in range(STREAMS)]
        for guest in guests:
            await guest.browser.open(leaving, None)
        said: list[int] = []

        async def talk() -> None:
            while leaving.readers():
                said.append((await say(client, "ana", "kitchen", str(len(said)))).id)
                await asyncio.sleep(0.02)

        talking = asyncio.ensure_future(talk())
        moves = [asyncio.ensure_future(guest.move_when_told()) for guest in guests]
        loop = asyncio.get_running_loop()
        began = loop.time()
        await leaving.drain(2)
        assert loop.time() - began >= 1.9, "the last slot is at the end"
        await asyncio.gather(talking, *moves)
        assert leaving.readers() == []
        assert len(staying.readers()) == STREAMS
        for guest in guests:
            await until(lambda guest=guest: guest.all_ids() == said, "all messages, once")  # type: ignore[misc]
        # Two seconds are cut into a slot for each; the moment in it is a matter of chance.
        slots = sorted(guest.after_ms or 0 for guest in guests)
        assert all(number * 10 <= after <= number * 10 + 10 for number, after in enumerate(slots))
        assert slots != [guest.after_ms for guest in guests], "in no order that clients know"


@in_loop
async def test_who_does_not_move_is_ended_after_its_moment_with_a_bye(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "DRAIN_GRACE_SECONDS", 1.0)  # what is said now must come before
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        browsers = [await Browser("ana").open(hub, None) for _ in range(10)]
        draining = asyncio.ensure_future(hub.drain(1))
        last = (await say(client, "ana", "kitchen")).id
        ended: list[int] = []
        while len(ended) < 10:
            now = sum(browser.at_its_end() for browser in browsers)
            if not ended or now > ended[-1]:
                ended.append(now)
            if now == 10:
                break
            await asyncio.sleep(0.02)
        await draining
        assert len(ended) > 3, "they are not ended all at once"
        for browser in browsers:
            assert browser.kinds() == ["hello", "move", "message", "bye"]
            assert browser.ids() == [last]
            assert browser.data(3) == {"code": "moved", "retry": True}


@in_loop
async def test_a_stream_that_opens_while_the_worker_drains_is_soon_moved_too(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "DRAIN_GRACE_SECONDS", 0.2)
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        first = await Browser("ana").open(hub, None)
        draining = asyncio.ensure_future(hub.drain(3))
        await until(lambda: "move" in first.kinds(), "the drain to begin")
        late = await Browser("ana").open(hub, None)
        assert late.kinds() == ["hello", "move"]
        assert late.data(1)["after_ms"] <= 2000
        first.socket.close()
        late.socket.close()
        await draining
        assert hub.readers() == []


@in_loop
async def test_a_worker_without_streams_is_drained_at_once(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await asyncio.wait_for(hub.drain(1000), 60)


@in_loop
async def test_a_stream_that_has_lived_long_is_moved_and_goes_on_until_its_client_has_gone(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "LIFE_GRACE_SECONDS", 1.0)
    monkeypatch.setattr(moving, "PROMPT_SECONDS", 0.1)
    async with open_log(redis) as client, short_lived_hub(client, redis.url, 0.5) as hub:
        await come_in(client, "ana", "kitchen")
        browser = await Browser("ana").open(hub, None)
        before = (await say(client, "ana", "kitchen", "before")).id
        await until(lambda: "move" in browser.kinds(), "the move")
        after = (await say(client, "ana", "kitchen", "after")).id
        await until(browser.at_its_end, "the end")
        assert browser.ids() == [before, after]
        assert browser.kinds() == ["hello", "message", "move", "message", "bye"]
        assert browser.data(2)["after_ms"] <= 100
        assert browser.data(4) == {"code": "moved", "retry": True}


@in_loop
async def test_streams_that_came_together_do_not_move_together(redis: RedisServer) -> None:
    async with open_log(redis) as client, short_lived_hub(client, redis.url, 900) as hub:
        loop = asyncio.get_running_loop()
        began = loop.time()
        browsers = [await Browser("ana").open(hub, None) for _ in range(STREAMS)]
        lives = [reader.due - began for reader in hub.readers()]
        assert all(720 <= life <= 1080 + loop.time() - began for life in lives)
        assert len(lives) == len(browsers)
        quarters = [sum(low <= life < low + 90 for life in lives) for low in (720, 810, 900, 990)]
        assert min(quarters) > STREAMS // 8, quarters
