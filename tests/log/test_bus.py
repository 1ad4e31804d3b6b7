"""The bus on a real Redis: whatever happens to its connection, its audience misses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.log.line import Line
from tests.redis_server import RedisServer, come_in, eventually, in_loop, open_log, say, until
from tornchat.domain.errors import LogAway
from tornchat.domain.events import Event
from tornchat.domain.ids import FENCE_STEP, MAX_ID
from tornchat.log import append, bus, read, upkeep
from tornchat.log.bus import Bus
from tornchat.log.client import Client

KITCHEN, GARDEN = "room:kitchen", "room:garden"


class Ear:
    """Keeps what it is told: ``told`` in the order in which it came."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.events: list[Event] = []
        self.late: list[tuple[str, list[int] | None]] = []
        self.said: list[str] = []

    def hand_on(self, events: list[Event]) -> None:
        self.told += ["event"] * len(events)
        self.events += events

    def missed(self, topic: str, late: list[int] | None) -> None:
        self.told.append("missed")
        self.late.append((topic, late))

    def reload_all(self) -> None:
        self.told.append("reload")

    def close_all(self) -> None:
        self.told.append("close")

    def join_again(self) -> None:
        self.told.append("join again")

    def control(self, message: str) -> None:
        self.said.append(message)

    def ids(self, topic: str = KITCHEN) -> list[int]:
        """In the order in which they came for the first time."""
        return list(dict.fromkeys(event.id for event in self.events if event.topic == topic))


@asynccontextmanager
async def listening(client: Client, url: str, *topics: str) -> AsyncIterator[tuple[Bus, Ear]]:
    """A bus that follows ``topics`` as a reader of each would."""
    ear = Ear()
    bus_ = Bus(client, url, "worker", ear)
    await bus_.start()
    try:
        for topic in topics:
            bus_.follow(topic)
        await bus_.confirmed(topics)
        where = await read.position(client, list(topics))
        for topic in topics:
            bus_.sequence.baseline(topic, where.heads[topic])
        yield bus_, ear
    finally:
        await bus_.close()


async def subscribers(client: Client, topic: str) -> int:
    _, count = await client.call("PUBSUB", "NUMSUB", client.keys.channel(topic))
    return int(count)


async def logged(client: Client, topic: str = KITCHEN, above: int = 0) -> list[int]:
    events, _ = await read.page(client, {topic: above}, MAX_ID, 10_000)
    return [event.id for event in events]


def is_a_confirmation(reply: Any) -> bool:
    return isinstance(reply, list) and reply[0] == b"subscribe"


def says_lost(reply: Any) -> bool:
    return isinstance(reply, list) and reply[0] == b"message" and b"lost" in reply[2]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulses that are not waited for so long."""
    monkeypatch.setattr(bus, "PULSE_SECONDS", 0.05)
    monkeypatch.setattr(bus, "DEAF_SECONDS", 3.0)


@in_loop
async def test_followed_topics_are_heard_and_no_others(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen", "garden")
        async with listening(client, redis.url, KITCHEN) as (_, ear):
            said = [(await say(client, "ana", room)).id for room in ("kitchen", "garden") * 3]
            await until(lambda: len(ear.events) == 3, "three events")
            assert ear.ids() == said[::2]
            assert [event.prev for event in ear.events[1:]] == ear.ids()[:-1]


@in_loop
async def test_a_topic_is_followed_until_its_last_reader_is_gone_for_a_while(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        async with listening(client, redis.url, KITCHEN) as (bus_, ear):
            bus_.follow(KITCHEN)
            bus_.unfollow(KITCHEN)
            await say(client, "ana", "kitchen")
            await until(lambda: len(ear.events) == 1, "the event")
            bus_.unfollow(KITCHEN)
            bus_.forget_left()
            bus_.follow(KITCHEN)
            await bus_.confirmed([KITCHEN])
            await say(client, "ana", "kitchen")
            await until(lambda: len(ear.events) == 2, "an event after the pause")
            monkeypatch.setattr(bus, "LINGER_SECONDS", 0.0)
            bus_.unfollow(KITCHEN)
            bus_.forget_left()

            async def nobody_follows() -> bool:
                return not await subscribers(client, KITCHEN)

            await eventually(nobody_follows, "the end of the subscription")
            await say(client, "ana", "kitchen")
            assert len(ear.events) == 2


@in_loop
async def test_only_the_newest_subscription_counts_as_confirmed(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "LINGER_SECONDS", 0.0)
    async with (
        open_log(redis) as client,
        Line(redis).listening() as line,
        listening(client, line.url) as (bus_, ear),
    ):
        await come_in(client, "ana", "kitchen")
        confirmations: list[Any] = []

        def all_but_the_first(reply: Any) -> bool:
            if not is_a_confirmation(reply):
                return False
            confirmations.append(reply)
            return len(confirmations) > 1

        line.lose = all_but_the_first
        bus_.follow(KITCHEN)
        bus_.unfollow(KITCHEN)
        bus_.forget_left()
        bus_.follow(KITCHEN)
        waiting = asyncio.ensure_future(bus_.confirmed([KITCHEN]))
        await until(lambda: len(confirmations) == 2, "both confirmations")
        await say(client, "ana", "kitchen")
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert ear.events == []
        waiting.cancel()


@in_loop
async def test_who_waits_for_a_confirmation_that_does_not_come_is_told(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "CONFIRM_SECONDS", 0.1)
    async with (
        open_log(redis) as client,
        Line(redis).listening() as line,
        listening(client, line.url) as (bus_, _),
    ):
        line.lose = is_a_confirmation
        bus_.follow(KITCHEN)
        with pytest.raises(LogAway):
            await bus_.confirmed([KITCHEN])


@in_loop
async def test_losing_the_connection_amid_a_stream_of_messages_loses_none(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client, Line(redis).listening() as line:
        await come_in(client, "ana", "kitchen", "garden")
        async with listening(client, line.url, KITCHEN, GARDEN) as (bus_, ear):
            start = (await read.position(client, [])).clock
            for number in range(300):
                await say(client, "ana", ("kitchen", "garden")[number % 2], str(number))
                if number % 60 == 30:
                    line.cut()
            await until(lambda: len(ear.ids()) + len(ear.ids(GARDEN)) == 300, "300 events")
            assert bus_.repairs >= 1
            assert line.opened > 1
            for topic in (KITCHEN, GARDEN):
                assert ear.ids(topic) == await logged(client, topic, start)
            assert set(ear.told) == {"event"}


@in_loop
async def test_a_connection_that_redis_kills_is_noticed_and_repaired(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        async with listening(client, redis.url, KITCHEN) as (bus_, ear):
            said = []
            for number in range(100):
                said.append((await say(client, "ana", "kitchen", str(number))).id)
                if number == 50:
                    await client.call("CLIENT", "KILL", "TYPE", "pubsub")
            await until(lambda: len(ear.ids()) == 100, "100 events")
            assert ear.ids() == said
            await until(lambda: bus_.healthy, "a healthy bus")


@in_loop
@pytest.mark.usefixtures("quick")
async def test_a_deaf_connection_is_noticed_by_its_pulse_and_replaced(redis: RedisServer) -> None:
    async with open_log(redis) as client, Line(redis).listening() as line:
        await come_in(client, "ana", "kitchen")
        async with listening(client, line.url, KITCHEN) as (bus_, ear):
            await until(lambda: bus_.healthy, "a healthy bus")
            line.go_deaf()
            said = [(await say(client, "ana", "kitchen", str(n))).id for n in range(20)]
            await until(lambda: not bus_.healthy, "trouble")
            await until(lambda: ear.ids() == said, "the events that were swallowed")
            assert line.opened == 2
            await until(lambda: bus_.healthy, "a healthy bus")


@in_loop
async def test_a_lost_message_is_read_again_when_the_next_one_shows_the_hole(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client, Line(redis).listening() as line:
        await come_in(client, "ana", "kitchen")
        async with listening(client, line.url, KITCHEN) as (bus_, ear):
            first = (await say(client, "ana", "kitchen", "first")).id
            await until(lambda: ear.events, "the first")
            line.lose = says_lost
            lost = (await say(client, "ana", "kitchen", "lost")).id
            third = (await say(client, "ana", "kitchen", "third")).id
            await until(lambda: len(ear.ids()) == 3, "all three")
            assert ear.ids() == [first, lost, third]
            assert len(line.lost) == 1
            assert line.opened == 1
            assert bus_.repairs == 1


@in_loop
@pytest.mark.usefixtures("quick")
async def test_the_pulse_shows_that_the_last_message_was_lost(redis: RedisServer) -> None:
    async with open_log(redis) as client, Line(redis).listening() as line:
        await come_in(client, "ana", "kitchen")
        async with listening(client, line.url, KITCHEN) as (_, ear):
            line.lose = says_lost
            lost = (await say(client, "ana", "kitchen", "lost")).id
            await until(lambda: ear.ids() == [lost], "the lost event")
            assert line.opened == 1


@in_loop
@pytest.mark.parametrize("cut", [False, True], ids=["found by the pulse", "then the line is cut"])
async def test_who_was_told_newer_things_learns_that_something_came_late(
    redis: RedisServer, cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "PULSE_SECONDS", 30.0 if cut else 0.2)
    async with open_log(redis) as client, Line(redis).listening() as line:
        await come_in(client, "ana", "kitchen", "garden")
        async with listening(client, line.url, KITCHEN, GARDEN) as (_, ear):
            line.lose = says_lost
            lost = (await say(client, "ana", "kitchen", "lost")).id
            newer = (await say(client, "ana", "garden", "newer")).id
            if cut:
                await until(lambda: ear.ids(GARDEN) == [newer], "the newer event")
                line.cut()
            await until(lambda: ear.ids(KITCHEN) == [lost], "the lost event")
            if cut or ear.events[0].id == newer:
                assert (KITCHEN, [lost]) in ear.late


@in_loop
async def test_readers_join_again_before_anything_is_handed_on_after_a_restart(
    own_redis: RedisServer,
) -> None:
    """A membership that ended in what Redis has lost must not get what comes after."""
    async with open_log(own_redis) as client:
        await come_in(client, "ana", "kitchen")
        async with listening(client, own_redis.url, KITCHEN) as (bus_, ear):
            first = (await say(client, "ana", "kitchen", "before")).id
            await until(lambda: ear.ids() == [first], "the first event")
            own_redis.kill()
            await until(lambda: bus_.trouble() == "no subscription to Redis", "trouble")
            own_redis.start()
            second = (await say(client, "ana", "kitchen", "after")).id
            await until(lambda: ear.ids() == [first, second], "the second event")
            assert second > first + FENCE_STEP
            assert ear.told == ["event", "join again", "event"]
            await until(lambda: bus_.healthy, "a healthy bus")


@in_loop
async def test_where_the_log_does_not_reach_back_everybody_reloads(own_redis: RedisServer) -> None:
    async with open_log(own_redis) as client:
        await come_in(client, "ana", "kitchen")
        async with listening(client, own_redis.url, KITCHEN) as (bus_, ear):
            own_redis.restart(empty=True)
            await until(lambda: "reload" in ear.told, "the word to reload")
            await until(lambda: bus_.healthy, "a healthy bus")
            assert ear.told == ["reload", "join again"]
            await come_in(client, "ana", "kitchen")
            await until(lambda: ear.ids() == [bus_.sequence.last], "life goes on")


@in_loop
async def test_what_was_trimmed_during_a_pause_is_said(own_redis: RedisServer) -> None:
    async with open_log(own_redis) as client, Line(own_redis).listening() as line:
        await come_in(client, "ana", "kitchen")
        async with listening(client, line.url, KITCHEN) as (_, ear):
            line.lose = is_a_confirmation
            line.cut()
            said = [(await say(client, "ana", "kitchen", str(n))).id for n in range(3)]
            await upkeep.set_archived(client, said[1])
            await upkeep.trim(client, said[1])
            line.lose = lambda reply: False
            line.cut()
            await until(lambda: "reload" in ear.told, "the word to reload")


@in_loop
@pytest.mark.usefixtures("quick")
async def test_a_long_pause_closes_the_streams(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "PAUSE_SECONDS", 0.3)
    async with (
        open_log(own_redis) as client,
        listening(client, own_redis.url, KITCHEN) as (bus_, ear),
    ):
        own_redis.kill()
        await until(lambda: "close" in ear.told, "closed streams")
        own_redis.start()
        await until(lambda: bus_.healthy, "a healthy bus")


@in_loop
async def test_too_much_to_hand_on_one_by_one_closes_the_streams(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "REPAIR_LIMIT", 10)
    async with open_log(redis) as client, Line(redis).listening() as line:
        await come_in(client, "ana", "kitchen")
        async with listening(client, line.url, KITCHEN) as (bus_, ear):
            line.lose = is_a_confirmation
            line.cut()
            await asyncio.gather(*(say(client, "ana", "kitchen", str(n)) for n in range(20)))
            line.lose = lambda reply: False
            line.cut()
            await until(lambda: bus_.healthy, "a healthy bus")
            assert ear.told == ["close"]
            said = (await say(client, "ana", "kitchen")).id
            await until(lambda: ear.ids() == [said], "life goes on")


@in_loop
@pytest.mark.usefixtures("quick")
async def test_the_last_id_follows_the_clock_even_where_nothing_followed_is_said(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen", "garden")
        async with listening(client, redis.url, KITCHEN) as (bus_, _):
            said = (await say(client, "ana", "garden")).id
            await until(lambda: bus_.sequence.last == said, "the clock")


@in_loop
async def test_what_workers_say_to_each_other_is_heard_by_all(redis: RedisServer) -> None:
    async with (
        open_log(redis) as client,
        listening(client, redis.url) as (_, one),
        listening(client, redis.url) as (_, other),
    ):
        await append.nudge(client)
        await until(lambda: one.said and other.said, "the nudge")
        assert one.said == other.said == ["nudge"]
