"""Announcements: in order, once, and with the mirror changed in the same step."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.redis_server import RedisServer, come_in, go_out, in_loop, open_log, until
from tornchat.domain import announcements
from tornchat.domain.announcements import Announcement
from tornchat.domain.events import SESSIONS_ENDED
from tornchat.domain.ids import MAX_ID
from tornchat.domain.sessions import SessionRecord
from tornchat.log import append, mirror, read
from tornchat.log.connection import connect
from tornchat.wire import packed

ANA = SessionRecord("ana", "member", "cookie", None)
JOINED = announcements.joined("kitchen", "ana", "ana", "Ana", "member", "budi")


@in_loop
async def test_who_joins_is_told_first_and_then_the_room(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        joined = await append.announce(client, "k", JOINED)
        topics = {"user:ana": 0, "room:kitchen": 0}
        [own, of_the_room], _ = await read.page(client, topics, MAX_ID)
        assert (own.topic, of_the_room.topic) == ("user:ana", "room:kitchen")
        assert own.id == joined < of_the_room.id
        assert own.fields == of_the_room.fields
        assert await mirror.joined_id(client, "ana", "kitchen") == joined
        assert (await read.position(client, [], "ana")).memberships == {"kitchen": joined}


@in_loop
async def test_who_leaves_sees_it_in_the_room_first(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        await come_in(client, "ana", "kitchen")
        left = await go_out(client, "ana", "kitchen")
        events, _ = await read.page(
            client, {"user:ana": left - 1, "room:kitchen": left - 1}, MAX_ID
        )
        assert [event.topic for event in events] == ["room:kitchen", "user:ana"]
        assert await mirror.joined_id(client, "ana", "kitchen") is None


@in_loop
async def test_an_announcement_is_made_once_for_its_key(redis: RedisServer) -> None:
    async with open_log(redis) as client, open_log(redis, client.keys) as other:
        assert not await append.was_announced(client, "k")
        calls = [append.announce((client, other)[n % 2], "k", JOINED) for n in range(10)]
        assert len(set(await asyncio.gather(*calls))) == 1
        assert len(await client.call("XRANGE", client.keys.log("room:kitchen"), "-", "+")) == 1
        assert await append.was_announced(client, "k")


@in_loop
async def test_one_that_was_made_does_not_undo_what_came_after_it(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        first = await append.announce(client, "k", JOINED)
        await go_out(client, "ana", "kitchen")
        assert await append.announce(client, "k", JOINED) == first
        assert await mirror.joined_id(client, "ana", "kitchen") is None


@in_loop
async def test_everybody_hears_that_it_was_made_even_the_second_time(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        heard: list[Any] = []
        ear = await connect(redis.url, heard.extend)
        ear.say("SUBSCRIBE", client.keys.control)
        await until(lambda: heard, "the confirmation")
        for _ in range(2):
            await append.announce(client, "k", JOINED)
        await append.nudge(client)
        await until(lambda: len(heard) == 4, "what was said")
        ear.close()
        assert [message[2] for message in heard[1:]] == [b"announced k"] * 2 + [b"nudge"]


@in_loop
async def test_a_session_is_in_the_mirror_until_its_end_which_is_told_and_not_logged(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        for digest in ("d1", "d2"):
            began = announcements.session_began(digest, ANA.packed())
            assert await append.announce(client, f"began {digest}", began) == 0
        assert await mirror.session(client, "d1") == ANA
        heard: list[Any] = []
        ear = await connect(redis.url, heard.extend)
        ear.say("SUBSCRIBE", client.keys.channel("user:ana"))
        await until(lambda: heard, "the confirmation")
        await append.announce(
            client, "over", announcements.sessions_ended("ana", ["d1"], "signed_out")
        )
        await until(lambda: len(heard) == 2, "the end")
        ear.close()
        event = packed.event_of_frame("user:ana", heard[1][2])
        assert (event.id, event.kind, event.fields["sessions"]) == (0, SESSIONS_ENDED, ["d1"])
        assert await mirror.sessions(client, ["d1", "d2"]) == {"d1": None, "d2": ANA}
        assert await client.call("EXISTS", client.keys.log("user:ana")) == 0


@in_loop
async def test_thousands_of_sessions_are_looked_up_at_once(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        digests = [f"d{number}" for number in range(2500)]
        began = Announcement(set=tuple(("sessions", d, ANA.packed()) for d in digests[::2]))
        await append.announce(client, "many", began)
        found = await mirror.sessions(client, digests)
        assert list(found) == digests
        assert [record == ANA for record in found.values()] == [True, False] * 1250


@in_loop
async def test_sessions_that_let_nobody_in_any_more_are_found_among_thousands(
    redis: RedisServer,
) -> None:
    now = 1_795_410_450_842
    ends = {"over": now, "long over": 5, "not yet": now + 1, "never": None}
    async with open_log(redis) as client:
        records = [(d, SessionRecord("ana", "member", "cookie", at)) for d, at in ends.items()]
        records += [(f"d{number}", ANA) for number in range(2500)]
        began = Announcement(set=tuple(("sessions", d, record.packed()) for d, record in records))
        await append.announce(client, "many", began)
        asked = ["missing", *(digest for digest, _ in records)]
        assert await mirror.ended(client, asked, now) == {"missing", "over", "long over"}
        found = await mirror.sessions(client, asked)
        dead = {digest for digest, record in found.items() if not (record and record.live(now))}
        assert await mirror.ended(client, asked, now) == dead
        assert await mirror.ended(client, [], now) == set()


def test_an_announcement_waits_in_a_table_as_it_is() -> None:
    for announcement in (
        JOINED,
        announcements.left("kitchen", "ana", "budi"),
        announcements.room_created("kitchen", "Kitchen", "", "ana"),
        announcements.sessions_ended("ana", ["d1"], "signed_out"),
        announcements.read_up_to("ana", "kitchen", 5, 0),
    ):
        assert Announcement.of(announcement.payload()) == announcement
