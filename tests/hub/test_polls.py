"""Polls of a real hub on a real Redis: what wakes them, and what they then answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.hub.test_streams import hub_behind_a_line, running_hub
from tests.log.test_bus import says_lost
from tests.redis_server import RedisServer, come_in, in_loop, open_log, say, until
from tornchat import metrics
from tornchat.hub.hub import Hub
from tornchat.hub.poll import Page, Poll
from tornchat.log import bus, read
from tornchat.log.client import Client
from tornchat.wire import packed


async def waiting(hub: Hub, user: str, client: Client, wait: float = 30) -> asyncio.Task[Page]:
    """A poll from now on, which waits already."""
    start = (await read.position(client, [])).clock
    poll: Poll = hub.poll(user, f"session of {user}", start)
    task = asyncio.ensure_future(poll.answer(wait))
    await until(lambda: poll.join.topics, "its topics")
    await asyncio.sleep(0.05)
    assert not task.done()
    return task


def events(page: Page) -> list[Any]:
    return [json.loads(event) for event in page.events]


@in_loop
async def test_a_poll_is_not_led_past_what_its_worker_was_not_told(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publish is lost, and a newer one of another room wakes the poll before that shows."""
    monkeypatch.setattr(bus, "PULSE_SECONDS", 30.0)
    async with hub_behind_a_line(redis) as (client, line, hub):
        await come_in(client, "ana", "kitchen", "garden")
        task = await waiting(hub, "ana", client)
        line.lose = says_lost
        lost = (await say(client, "ana", "kitchen", "lost")).id
        newer = (await say(client, "ana", "garden", "newer")).id
        page = await task
        assert [event["id"] for event in events(page)] == [lost, newer]


@in_loop
async def test_a_poll_that_is_asked_again_is_not_led_past_it_either(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is lost between two questions, or before a join that does not read it, is answered."""
    monkeypatch.setattr(bus, "PULSE_SECONDS", 30.0)
    async with hub_behind_a_line(redis) as (client, line, hub):
        await come_in(client, "ana", "kitchen", "garden")
        poll = hub.poll("ana", "session of ana", None)
        start = (await poll.answer(0)).cursor
        assert poll.continues("session of ana", start)
        joins = metrics.JOINS.labels().value
        heard = (await say(client, "ana", "kitchen", "heard")).id
        first = await poll.answer(30)
        assert [event["id"] for event in events(first)] == [heard]
        assert metrics.JOINS.labels().value == joins
        line.lose = says_lost
        lost = (await say(client, "ana", "kitchen", "lost")).id
        asked = asyncio.ensure_future(poll.answer(30))
        await asyncio.sleep(0.05)
        assert not asked.done()
        newer = (await say(client, "ana", "garden", "newer")).id
        assert [event["id"] for event in events(await asked)] == [lost, newer]
        assert metrics.JOINS.labels().value == joins + 1


@in_loop
async def test_a_poll_that_nobody_asks_again_is_not_kept(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        poll = hub.poll("ana", "session of ana", None)
        await poll.answer(0)
        poll.beat(None)
        page = await poll.answer(0)
        poll.beat(None)
        assert poll.continues("session of ana", page.cursor)
        poll.beat(None)
        assert poll.closed
        assert hub.readers() == []


@in_loop
async def test_what_is_not_logged_wakes_a_poll_and_moves_no_cursor(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        last = (await say(client, "ana", "kitchen")).id
        task = await waiting(hub, "ana", client)
        typing = {"kind": "typing", "room": "kitchen", "user": "budi", "at": 1}
        await client.call("PUBLISH", client.keys.channel("room:kitchen"), packed.frame(typing))
        page = await task
        assert events(page) == [{"topic": "room:kitchen", **typing}]
        assert page.cursor == last


@in_loop
async def test_a_poll_that_was_woken_for_nothing_waits_on(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        task = await waiting(hub, "ana", client)
        hub.join_again()
        hub.missed("room:kitchen", None)
        hub.reload_all()
        await asyncio.sleep(0.1)
        said = (await say(client, "ana", "kitchen")).id
        page = await task
        assert [event["id"] for event in events(page)] == [said]


@in_loop
async def test_a_poll_holds_its_topics_only_while_it_waits(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        task = await waiting(hub, "ana", client, wait=2)
        [poll] = hub.readers()
        assert "room:kitchen" in poll.following
        page = await task
        assert (list(page.events), page.leaving) == ([], False)
        poll.close()
        assert not poll.following
        assert hub.readers() == []
