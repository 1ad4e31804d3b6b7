"""A publish was lost, and the stream that passed it over has ended before anybody could notice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.hub.test_streams import Browser, running_hub
from tests.log.line import Line
from tests.log.test_bus import says_lost
from tests.redis_server import RedisServer, come_in, in_loop, open_log, say, until
from tornchat.hub.hub import Hub
from tornchat.hub.poll import Poll
from tornchat.log import bus, read
from tornchat.log.client import Client
from tornchat.log.gaps import Gap
from tornchat.log.standing import standing

SESSION = "session of ana"


@asynccontextmanager
async def two_workers(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Client, Line, Hub, Hub]]:
    """One that does not hear all that is said, nor soon that it does not, and one that does."""
    monkeypatch.setattr(bus, "PULSE_SECONDS", 30.0)
    async with (
        open_log(redis) as client,
        Line(redis).listening() as line,
        running_hub(client, line.url) as deaf,
        running_hub(client, redis.url) as other,
    ):
        await come_in(client, "ana", "kitchen", "garden")
        yield client, line, deaf, other


async def pass_over(client: Client, line: Line, hub: Hub) -> tuple[Browser, int, int]:
    """A stream that was not sent the message with the first id, but the one with the second."""
    browser = await Browser("ana").open(hub, None)
    await until(lambda: browser.kinds() == ["hello"], "the stream")
    line.lose = says_lost
    lost = (await say(client, "ana", "kitchen", "lost")).id
    newer = (await say(client, "ana", "garden", "newer")).id
    await until(lambda: browser.ids() == [newer], "the newer message")
    return browser, lost, newer


async def gaps_of_session(client: Client) -> list[Gap]:
    return (await standing(client, [], [], [SESSION])).gaps[SESSION]


async def noticed(client: Client) -> None:
    while not await gaps_of_session(client):
        pass


@in_loop
async def test_who_comes_back_elsewhere_is_told_to_reload(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_workers(redis, monkeypatch) as (client, line, deaf, other):
        browser, _, newer = await pass_over(client, line, deaf)
        browser.socket.close()
        await noticed(client)
        back = await Browser("ana").open(other, newer)
        await until(back.at_its_end, "the end")
        assert back.data(0)["reset"] is True
        assert (await Poll.answer(other.poll("ana", SESSION, newer), 0)).cursor is None


@in_loop
async def test_who_is_back_already_is_told_to_reload(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_workers(redis, monkeypatch) as (client, line, deaf, other):
        browser, _, newer = await pass_over(client, line, deaf)
        back = await Browser("ana").open(other, newer)
        await until(lambda: back.kinds() == ["hello"], "the new stream")
        browser.socket.close()
        await until(back.at_its_end, "the end")
        assert back.kinds() == ["hello", "hello"]
        assert back.data(1)["reset"] is True


@in_loop
async def test_who_was_not_sent_the_newer_one_either_just_goes_on(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_workers(redis, monkeypatch) as (client, line, deaf, other):
        browser, lost, newer = await pass_over(client, line, deaf)
        browser.socket.close()
        await noticed(client)
        back = await Browser("ana").open(other, lost - 1)
        await until(lambda: back.ids() == [lost, newer], "both messages")


@in_loop
async def test_a_snapshot_made_afterwards_leads_past_the_gap(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is said meanwhile: its cursor must not be the one that is told to reload."""
    async with two_workers(redis, monkeypatch) as (client, line, deaf, other):
        browser, _, newer = await pass_over(client, line, deaf)
        browser.socket.close()
        await noticed(client)
        snapshot = (await read.position(client, [])).clock
        assert snapshot > newer
        back = await Browser("ana").open(other, snapshot)
        said = (await say(client, "ana", "kitchen")).id
        await until(lambda: back.ids() == [said], "what was said since")


@in_loop
async def test_a_stream_that_missed_nothing_leaves_nothing_behind(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen", "garden")
        async with running_hub(client, redis.url) as hub:
            browser = await Browser("ana").open(hub, None)
            for room in ("kitchen", "garden", "kitchen"):
                last = (await say(client, "ana", room)).id
            await until(lambda: browser.ids()[-1:] == [last], "the messages")
            await come_in(client, "ana", "roof")
            last = (await say(client, "ana", "roof")).id
            await until(lambda: browser.ids()[-1:] == [last], "the message in the new room")
            browser.socket.close()
        # A hub that ends looks at those who left last.
        assert await gaps_of_session(client) == []
