"""The fan-out: what it costs, counted and not timed, and what it keeps in order."""

from __future__ import annotations

import asyncio
import gc
import socket
import tracemalloc

import pytest

from tests.hub.quiet_hub import Follower, aside, frames, message, quiet_hub, topics_of
from tests.hub.test_streams import Browser, running_hub
from tests.redis_server import RedisServer, come_in, go_out, in_loop, open_log, say, until
from tornchat import metrics
from tornchat.domain import announcements
from tornchat.domain.events import Event
from tornchat.domain.topics import SPACE, room_topic, user_topic
from tornchat.hub import fanout
from tornchat.hub.joining import Entry
from tornchat.log import append
from tornchat.wire import packed, sse, websocket

IDLE_BYTES = 1100
"""Of Python's objects for one stream that waits, without its kernel's socket. Measured: 800."""


@in_loop
async def test_a_batch_is_one_write_for_each_reader_and_one_encoding_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded: list[str] = []
    encode = sse.encode

    def counted(kind: str, data: object, id: int | None = None) -> bytes:
        encoded.append(kind)
        return encode(kind, data, id)

    monkeypatch.setattr(sse, "encode", counted)
    async with quiet_hub() as hub:
        many = [Follower(hub, f"user{n}", topics_of(f"user{n}", "kitchen")) for n in range(50)]
        batch = [message(id, "kitchen") for id in range(1, 17)]
        deliveries, handed_on = metrics.DELIVERIES.labels(), metrics.EVENTS.labels()
        before = deliveries.value, handed_on.value
        encoded.clear()
        hub.hand_on(batch)
        hub.last()
        assert [follower.server.sends for follower in many] == [1] * 50
        assert encoded == ["message"] * 16
        assert {follower.received() for follower in many} == {frames(*batch)}
        assert (deliveries.value, handed_on.value) == (before[0] + 16 * 50, before[1] + 16)


@in_loop
async def test_who_reads_several_rooms_gets_one_write_and_the_ids_in_their_order() -> None:
    async with quiet_hub() as hub:
        both = Follower(hub, "ana", topics_of("ana", "kitchen", "garden"))
        one = Follower(hub, "budi", topics_of("budi", "garden"))
        batch = [message(id, ("kitchen", "garden")[id % 2]) for id in range(1, 17)]
        hub.hand_on(batch)
        hub.last()
        assert both.received() == frames(*batch)
        assert one.received() == frames(*batch[::2])
        assert (both.server.sends, one.server.sends) == (1, 1)
        assert (both.reader.join.cursor, one.reader.join.cursor) == (16, 15)


@in_loop
async def test_every_transport_gets_the_batch_in_its_own_words() -> None:
    async with quiet_hub() as hub:
        topics = topics_of("ana", "kitchen")
        stream, socket_ = [Follower(hub, "ana", topics, 0, each) for each in (sse, websocket)]
        batch = [message(1, "kitchen"), aside("kitchen"), message(2, "kitchen")]
        hub.hand_on(batch)
        hub.last()
        assert stream.received() == frames(*batch)
        assert socket_.received() == b"".join(map(websocket.encode_event, batch))
        assert (stream.server.sends, socket_.server.sends) == (1, 1)


@in_loop
async def test_streams_of_one_person_share_their_topics_whatever_they_were_told() -> None:
    async with quiet_hub() as hub:
        many = [Follower(hub, "ana", topics_of("ana", "kitchen", "garden")) for _ in range(5)]
        left = {"kind": "member.left", "room": "garden", "user": "ana", "at": 0}
        hub.hand_on([message(1, "garden"), Event(2, 0, user_topic("ana"), left)])
        hub.hand_on([message(3, "garden"), message(4, "kitchen")])
        hub.last()
        assert len({id(follower.reader.join.topics) for follower in many}) == 1
        for follower in many:
            assert follower.received() == frames(
                message(1, "garden"), Event(2, 0, user_topic("ana"), left), message(4, "kitchen")
            )
            assert set(follower.reader.following) == set(topics_of("ana", "kitchen"))


@in_loop
async def test_a_fan_out_gives_way_to_others_and_what_comes_meanwhile_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fanout, "SLICE", 2)
    async with quiet_hub() as hub:
        many = [Follower(hub, f"user{n}", topics_of(f"user{n}", "kitchen")) for n in range(6)]
        hub.hand_on([message(1, "kitchen")])
        assert sum(follower.server.sends for follower in many) == 0, "a POST is answered first"
        for turn in range(1, 4):
            await asyncio.sleep(0)
            assert sum(follower.server.sends for follower in many) == 2 * turn
            hub.hand_on([message(1 + turn, "kitchen")])
        await until(lambda: all(each.server.sends == 2 for each in many), "the rest, as one")
        everything = frames(*(message(id, "kitchen") for id in range(1, 5)))
        assert {follower.received() for follower in many} == {everything}
        assert [follower.server.sends for follower in many] == [2] * 6


@in_loop
async def test_what_was_heard_before_is_handed_on_before_anything_else_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A beat would else raise a cursor above what its stream was not yet sent, and a repair would
    take for passed over what was not, or the other way round."""
    monkeypatch.setattr(fanout, "SLICE", 1)
    async with quiet_hub() as hub:
        topics = topics_of("ana", "kitchen", "garden")
        ana, budi = [Follower(hub, user, topics) for user in ("ana", "budi")]
        hub.hand_on([message(5, "kitchen")])
        hub.missed("room:garden", [4])
        for follower in (ana, budi):
            assert b"number 5" in (received := follower.received())
            assert b'"reset":true' in received


@in_loop
async def test_who_cannot_take_its_part_is_closed_and_the_others_get_theirs() -> None:
    async with quiet_hub() as hub:
        topics = topics_of("ana", "kitchen")
        bad, good, gone = [Follower(hub, "ana", topics) for _ in range(3)]
        bad.reader.outlet = object()  # type: ignore[assignment]
        gone.client.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(bad.reader), "close", lambda reader: hub.leave(reader))
            hub.hand_on([message(1, "kitchen")])
            hub.last()
        assert good.received() == frames(message(1, "kitchen"))
        assert hub.readers() == [good.reader]


@in_loop
async def test_a_stream_that_is_cut_as_too_slow_is_out_of_the_way_at_once() -> None:
    async with quiet_hub() as hub:
        slow = Follower(hub, "ana", topics_of("ana", "kitchen"))
        cuts = metrics.CUTS.labels("too_slow")
        before = cuts.value
        number = 0
        while hub.readers():
            number += 1
            hub.hand_on([Event(number, 0, SPACE, {"kind": "read", "x": "x" * 60_000, "at": 0})])
            hub.last()
            assert number < 100
        assert cuts.value == before + 1
        assert not slow.reader.seat.taken
        assert hub.admission.streams == 0
        assert slow.reader.outlet is not None
        assert not slow.reader.outlet.closed  # its farewell waits


@in_loop
async def test_a_goodbye_has_room_however_much_waits_and_is_counted_once() -> None:
    async with quiet_hub() as hub:
        slow = Follower(hub, "ana", topics_of("ana", "kitchen"))
        outlet = slow.reader.outlet
        assert outlet is not None
        slow.server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        while outlet.waiting < 250 * 1024:
            outlet.send(b"x" * 1024)
        outlet.send(b"x" * (256 * 1024 - outlet.waiting))
        cuts = {reason: metrics.CUTS.labels(reason) for reason in ("too_slow", "moved")}
        before = {reason: count.value for reason, count in cuts.items()}
        hub.dismiss(slow.reader, "moved", retry=True)
        counted = {reason: count.value - before[reason] for reason, count in cuts.items()}
        assert counted == {"too_slow": 0, "moved": 1}
        received = b""
        while not outlet.closed:
            received += slow.received()
            await asyncio.sleep(0)
        assert b'"moved"' in received + slow.received()


@in_loop
async def test_what_is_published_at_once_is_decoded_once_and_read_as_few_batches(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[bytes] = []
    batches: list[int] = []
    decode = packed.event_of_frame

    def counted(topic: str, data: bytes) -> Event:
        decoded.append(data)
        return decode(topic, data)

    monkeypatch.setattr(packed, "event_of_frame", counted)
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        await come_in(client, "budi", "kitchen")
        browsers = [await Browser(user).open(hub, None) for user in ("ana", "budi") * 3]
        take = hub.hand_on

        def noted(events: list[Event]) -> None:
            batches.append(len(events))
            take(events)

        monkeypatch.setattr(hub, "hand_on", noted)
        decoded.clear()
        said = await asyncio.gather(*(say(client, "ana", "kitchen", str(n)) for n in range(32)))
        ids = [each.id for each in said]
        await until(lambda: all(len(each.ids()) == 32 for each in browsers), "everything")
        assert all(browser.ids() == ids for browser in browsers)
        assert len(decoded) == 32
        assert sum(batches) == 32
        assert len(batches) <= 16


@in_loop
async def test_a_kick_takes_effect_at_its_place_in_a_batch(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "budi", "kitchen")
        await come_in(client, "ana", "kitchen")
        browsers = [await Browser("ana").open(hub, None) for _ in range(3)]
        before = say(client, "budi", "kitchen", "before")
        after = say(client, "budi", "kitchen", "after")
        first, _, _ = await asyncio.gather(before, go_out(client, "ana", "kitchen"), after)
        over = announcements.sessions_ended("ana", ["session of ana"], "signed_out")
        await append.announce(client, "over", over)
        for browser in browsers:
            await until(browser.at_its_end, "the end")
            assert browser.ids() == [first.id]
            assert browser.kinds() == ["hello", "message", "member.left", "member.left", "bye"]


@in_loop
async def test_a_stream_that_waits_holds_little_memory() -> None:
    count = 400
    async with quiet_hub() as hub:
        pairs = [socket.socketpair() for _ in range(count)]
        rooms = [f"room{n}" for n in range(20)]
        gc.collect()
        tracemalloc.start()
        try:
            for number, (_, server) in enumerate(pairs):
                user = f"user{number % 10}"
                # Of each stream its own, as they come from the log.
                topics = dict(topics_of(user, *rooms))
                reader = hub.reader(user, f"session {number}", 0)
                reader.join.enter(hub.follow(reader, topics))
                hub.stream(reader, Entry(0, 0, None, {}, [], 0, 0.0), server)
            await until(lambda: not any(r.join.joining for r in hub.readers()), "all to be live")
            gc.collect()
            each = tracemalloc.get_traced_memory()[0] / count
        finally:
            tracemalloc.stop()
        assert [reader.join.joining for reader in hub.readers()] == [False] * count
        assert each < IDLE_BYTES


def left(id: int, prev: int, room: str, user: str) -> Event:
    fields = {"kind": "member.left", "room": room, "user": user, "by": "x", "at": 1}
    return Event(id, prev, room_topic(room), fields)


@in_loop
async def test_what_is_heard_soon_after_a_fan_out_leaves_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fanout, "LISTEN_SHARE", 1e6)
    monkeypatch.setattr(fanout, "LISTEN_SECONDS", 2.0)
    async with quiet_hub() as hub:
        ana = Follower(hub, "ana", topics_of("ana", "kitchen"))
        hub.hand_on([message(1, "kitchen")])
        await until(lambda: ana.server.sends == 1, "the first, which waits for nothing")
        for id in (2, 3, 4):
            hub.hand_on([message(id, "kitchen")])
            await asyncio.sleep(0.01)
        assert ana.server.sends == 1
        await until(lambda: ana.server.sends == 2, "the others")
        assert ana.received() == frames(*(message(id, "kitchen") for id in range(1, 5)))
        hub.hand_on([message(5, "kitchen")])
        hub.last()
        assert ana.server.sends == 3, "who has to know that all is out does not wait"


@in_loop
async def test_who_joins_without_a_room_between_two_slices_is_not_given_what_is_said_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fanout, "SLICE", 4)
    async with quiet_hub() as hub:
        many = [Follower(hub, f"user{n}", topics_of(f"user{n}", "secret"), 100) for n in range(8)]
        ana = Follower(hub, "ana", topics_of("ana", "secret"), 90)
        ana.reader.join.begin()
        hub.hand_on([message(105, "secret")])
        await asyncio.sleep(0)
        ana.enter(topics_of("ana"))  # the log says that she has left
        ana.reader.go_live(102)
        await until(lambda: all(each.server.sends for each in many), "the other slices")
        assert ana.received() == b""


@in_loop
async def test_who_learns_between_two_slices_that_they_have_left_is_not_given_what_came_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fanout, "SLICE", 4)
    async with quiet_hub() as hub:
        many = [Follower(hub, f"user{n}", topics_of(f"user{n}", "secret"), 100) for n in range(8)]
        ana = Follower(hub, "ana", topics_of("ana", "secret"), 100)
        ana.reader.join.begin()
        end = left(103, 100, "secret", "ana")
        hub.hand_on([end])
        hub.last()
        hub.hand_on([message(105, "secret")])
        await asyncio.sleep(0)
        ana.reader.go_live(101)
        await until(lambda: all(each.server.sends == 2 for each in many), "the other slices")
        assert ana.received() == frames(end)


@in_loop
async def test_a_client_that_is_gone_when_it_is_told_that_it_left_leaves_nothing_behind() -> None:
    async with quiet_hub() as hub:
        ana = Follower(hub, "ana", topics_of("ana", "kitchen"), 100)
        ana.client.close()
        hub.hand_on([left(103, 100, "kitchen", "ana")])
        hub.last()
        assert hub.readers() == []
        assert ana.reader.circle is None
