"""What a worker keeps of sessions: nothing whose end it could have missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.log.line import Line
from tests.redis_server import RedisServer, in_loop, open_log, until
from tornchat.domain import announcements
from tornchat.domain.errors import LogAway
from tornchat.domain.sessions import SessionRecord
from tornchat.hub.hub import Hub
from tornchat.log import append, bus, sessions
from tornchat.log.client import Client
from tornchat.log.sessions import Sessions

ANA = SessionRecord("ana", "member", "cookie", None)


async def begin(client: Client, digest: str, record: SessionRecord = ANA) -> None:
    begun = announcements.session_began(digest, record.packed())
    await append.announce(client, f"begin {digest}", begun)


async def end(client: Client, *digests: str) -> None:
    over = announcements.sessions_ended("ana", digests, "signed_out")
    await append.announce(client, f"end {digests}", over)


async def asks(client: Client, kept: Sessions, digest: str) -> bool:
    """Whether the mirror has to be asked for a session that there is."""
    before = await lookups(client)
    assert await kept.find(digest) == ANA
    return await lookups(client) > before


async def lookups(client: Client) -> int:
    """How often the mirror was asked, by whomever."""
    info: bytes = await client.call("INFO", "commandstats")
    for line in info.decode().splitlines():
        if line.startswith("cmdstat_hmget:"):
            return int(line.partition("calls=")[2].partition(",")[0])
    return 0


async def until_over(kept: Sessions, digest: str) -> None:
    for _ in range(1000):
        with suppress(LogAway):
            if await kept.find(digest) is None:
                return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{digest} goes on")


@pytest.fixture
def kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing ends because it is old."""
    monkeypatch.setattr(sessions, "KEPT_SECONDS", 3600.0)


@asynccontextmanager
async def worker(client: Client, url: str) -> AsyncIterator[Hub]:
    """One that is sure to hear what is said between workers."""
    hub = Hub(client, url, heartbeat=25)
    await hub.start()
    try:
        await until(lambda: hub.bus.hearing() is not None, "the first pulse")
        yield hub
    finally:
        await hub.close()


@in_loop
async def test_a_session_is_looked_up_once_and_those_asked_for_together_in_one_go(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client, worker(client, redis.url) as hub:
        for digest in ("d1", "d2", "d3"):
            await begin(client, digest)
        before = await lookups(client)
        found = await asyncio.gather(*(hub.sessions.find(each) for each in ("d1", "d2", "d3")))
        assert found == [ANA, ANA, ANA]
        assert await lookups(client) == before + 1
        assert not await asks(client, hub.sessions, "d2")


@in_loop
async def test_every_worker_forgets_a_session_that_ended(
    redis: RedisServer, kept_for_ever: None
) -> None:
    async with (
        open_log(redis) as client,
        worker(client, redis.url) as one,
        worker(client, redis.url) as other,
    ):
        for digest in ("d1", "d2"):
            await begin(client, digest)
            assert await asks(client, one.sessions, digest)
            assert await asks(client, other.sessions, digest)
        await end(client, "d1")
        for hub in (one, other):
            await until_over(hub.sessions, "d1")
            assert not await asks(client, hub.sessions, "d2")


@in_loop
async def test_a_stranger_is_looked_up_each_time_and_let_in_as_soon_as_there_is_a_session(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client, worker(client, redis.url) as hub:
        assert await hub.sessions.find("d1") is None
        await begin(client, "d1")
        assert await hub.sessions.find("d1") == ANA


@in_loop
async def test_what_was_looked_up_before_it_ended_and_answered_after_it_is_not_kept(
    redis: RedisServer, kept_for_ever: None
) -> None:
    async with Line(redis).listening() as line, open_log(redis) as client:
        slow = Client(line.url, client.keys)
        async with worker(slow, redis.url) as hub:
            await begin(client, "d1")
            await begin(client, "d2")
            heard = asyncio.Event()
            hub.on_control = lambda said: heard.set()
            line.hold()
            before = await lookups(client)
            lookup = asyncio.ensure_future(hub.sessions.find("d1"))
            for _ in range(1000):
                if await lookups(client) > before:
                    break
                await asyncio.sleep(0.01)
            await end(client, "d1")
            await asyncio.wait_for(heard.wait(), 60)
            line.let_go()
            assert await lookup == ANA  # it was good when it was asked for
            assert await hub.sessions.find("d1") is None
            assert await asks(client, hub.sessions, "d2")
            assert not await asks(client, hub.sessions, "d2")
        await slow.close()


@in_loop
async def test_a_subscription_that_was_lost_takes_with_it_what_was_kept(
    redis: RedisServer, kept_for_ever: None
) -> None:
    async with (
        Line(redis).listening() as line,
        open_log(redis) as client,
        worker(client, line.url) as hub,
    ):
        await begin(client, "d1")
        assert await asks(client, hub.sessions, "d1")
        assert not await asks(client, hub.sessions, "d1")
        number = hub.bus.hearing()
        line.cut()
        await until(lambda: hub.bus.hearing() is None, "the loss to be noticed")
        for _ in range(2):
            assert await asks(client, hub.sessions, "d1")
        await until(lambda: hub.bus.hearing() is not None, "a pulse on the new subscription")
        assert hub.bus.hearing() != number
        assert await asks(client, hub.sessions, "d1")
        assert not await asks(client, hub.sessions, "d1")


@in_loop
async def test_a_deaf_worker_keeps_nothing(
    redis: RedisServer, kept_for_ever: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "DEAF_SECONDS", 0.5)
    monkeypatch.setattr(bus, "PULSE_SECONDS", 0.1)
    async with (
        Line(redis).listening() as line,
        open_log(redis) as client,
        worker(client, line.url) as hub,
    ):
        await begin(client, "d1")
        assert await asks(client, hub.sessions, "d1")
        line.lose = lambda reply: isinstance(reply, list) and reply[0] == b"message"
        await end(client, "d1")
        await until_over(hub.sessions, "d1")
        # Neither is a new subscription believed before anything has come through it.
        await begin(client, "d2")
        for _ in range(20):
            assert await asks(client, hub.sessions, "d2")
            await asyncio.sleep(0.05)


@in_loop
async def test_nothing_is_kept_for_longer_than_a_while(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_log(redis) as client, worker(client, redis.url) as hub:
        monkeypatch.setattr(sessions, "KEPT_SECONDS", 0.2)
        await begin(client, "d1")
        assert await asks(client, hub.sessions, "d1")
        await client.call("HDEL", client.keys.mirror("sessions"), "d1")  # of which nobody hears
        await until_over(hub.sessions, "d1")


@in_loop
async def test_the_oldest_make_room(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_KEPT", 2)
    async with open_log(redis) as client, worker(client, redis.url) as hub:
        for digest in ("d1", "d2", "d3"):
            await begin(client, digest)
            assert await asks(client, hub.sessions, digest)
        assert not await asks(client, hub.sessions, "d3")
        assert await asks(client, hub.sessions, "d1")


@in_loop
async def test_a_redis_that_was_lost_takes_with_it_what_was_kept(
    own_redis: RedisServer, kept_for_ever: None
) -> None:
    async with open_log(own_redis) as client, worker(client, own_redis.url) as hub:
        await begin(client, "d1")
        assert await asks(client, hub.sessions, "d1")
        own_redis.restart(empty=True)
        await until_over(hub.sessions, "d1")
