"""Reading the log: one merged order over topics, page by page, between two ids."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.redis_server import RedisServer, come_in, go_out, in_loop, open_log, say
from tornchat.domain.events import Event
from tornchat.domain.ids import MAX_ID
from tornchat.log import read
from tornchat.log.client import Client

ROOMS = ("kitchen", "garden", "roof")
TOPICS = tuple(f"room:{room}" for room in ROOMS)


async def talk(client: Client, *rooms: str) -> list[int]:
    """Ana says something in each of these rooms; the ids."""
    return [(await say(client, "ana", room)).id for room in rooms]


async def all_pages(
    client: Client, after: dict[str, int], bound: int, count: int
) -> list[list[Event]]:
    """Read as a join reads, page after page."""
    pages = []
    complete = -1
    while complete < bound:
        events, complete = await read.page(client, after, bound, count)
        pages.append(events)
        after = {topic: max(low, complete) for topic, low in after.items()}
    return pages


@pytest.mark.parametrize("count", [1, 2, 3, 7, 200])
def test_pages_of_several_topics_are_one_list_in_the_order_of_ids(
    redis: RedisServer, count: int
) -> None:
    @in_loop
    async def run() -> None:
        async with open_log(redis) as client:
            joined = await come_in(client, "ana", *ROOMS)
            rooms = [ROOMS[number * number % 7 % 3] for number in range(20)]
            ids = await talk(client, *rooms)
            after = dict.fromkeys(TOPICS, joined + 1)
            bound = ids[-3]
            pages = await all_pages(client, after, bound, count)
            assert [event.id for page in pages for event in page] == ids[:-2]
            for earlier, later in pairwise(page for page in pages if page):
                assert earlier[-1].id < later[0].id

    run()


@in_loop
async def test_each_topic_is_read_from_an_id_of_its_own(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", *ROOMS)
        first, second, third, fourth = await talk(client, "kitchen", "garden", "kitchen", "garden")
        events, complete = await read.page(
            client, {"room:kitchen": first, "room:garden": second - 1}, fourth
        )
        assert [event.id for event in events] == [second, third, fourth]
        assert complete == fourth


@in_loop
async def test_a_page_of_no_topics_or_of_an_empty_range_is_complete(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        [id] = await talk(client, "kitchen")
        assert await read.page(client, {}, 7) == ([], 7)
        assert await read.page(client, {"room:kitchen": id}, id) == ([], id)
        assert await read.page(client, {"room:nowhere": 0}, id) == ([], id)


@in_loop
async def test_position_is_clock_heads_and_memberships_of_one_instant(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        joined = {room: await come_in(client, "ana", room) for room in ROOMS}
        await come_in(client, "budi", "kitchen")
        await go_out(client, "ana", "roof")
        [id] = await talk(client, "kitchen")
        where = await read.position(client, ["room:kitchen", "room:nowhere"], "ana")
        assert where.clock == id
        assert where.heads == {"room:kitchen": id, "room:nowhere": 0}
        assert where.memberships == {room: joined[room] for room in ("kitchen", "garden")}
        assert (await read.position(client, [])).memberships == {}


@in_loop
async def test_how_far_behind_is_counted_no_further_than_it_matters(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        joined = await come_in(client, "ana", *ROOMS) + 1
        ids = await talk(client, *ROOMS * 4)
        after = dict.fromkeys(TOPICS, joined)
        assert await read.behind(client, after, ids[-1], 100) == 12
        assert await read.behind(client, after, ids[5], 100) == 6
        assert await read.behind(client, {"room:kitchen": ids[0]}, ids[-1], 100) == 3
        assert 5 < await read.behind(client, after, ids[-1], 5) <= 11
        assert await read.behind(client, {}, ids[-1], 5) == 0


@in_loop
async def test_the_newest_events_of_a_topic_between_two_ids(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        joined = await come_in(client, "ana", *ROOMS) + 1
        ids = await talk(client, "kitchen", "garden", "kitchen", "kitchen", "kitchen")
        mine = [ids[0], *ids[2:]]

        async def latest(above: int, below: int, count: int) -> list[int]:
            events = await read.latest(client, "room:kitchen", above, below, count)
            return [event.id for event in events]

        assert await latest(joined, MAX_ID, 2) == mine[-2:]
        assert await latest(mine[0], mine[3], 10) == mine[1:3]
        assert await latest(mine[3], mine[3] + 1, 10) == []


@in_loop
async def test_a_log_without_a_floor_reaches_back_to_nobody(redis: RedisServer) -> None:
    """A missing floor means that everything was lost, and never that nothing was trimmed."""
    async with open_log(redis) as client:
        await client.call("DEL", client.keys.floor)
        assert await read.floor(client) > MAX_ID


def test_a_user_reads_the_space_their_own_topic_and_their_rooms_from_joining_on() -> None:
    assert read.topics_of("ana", {"kitchen": 7}) == {"space": 0, "user:ana": 0, "room:kitchen": 7}
