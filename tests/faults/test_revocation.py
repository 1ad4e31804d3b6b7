"""Who is removed, leaves, signs out or is disabled gets nothing more, on whichever worker."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.handlers.place import Place, Served, ana, budi, io_loop, place, served
from tests.handlers.visitor import Stream, Visitor
from tests.log.line import Line
from tornchat.chat import shell
from tornchat.hub import sessions
from tornchat.log import bus, connection

__all__ = ["ana", "budi", "io_loop", "place", "served"]


def is_a_message(reply: Any) -> bool:
    return isinstance(reply, list) and bool(reply) and reply[0] == b"message"


def at(served: Served, who: Visitor) -> Visitor:
    """The same browser, at another worker."""
    there = served.visitor()
    there.cookie, there.id, there.room = who.cookie, who.id, who.room
    return there


async def streams_of(who: Visitor, *workers: Served) -> list[Stream]:
    streams = [await at(worker, who).stream() for worker in workers]
    for stream in streams:
        await stream.until("hello")
    return streams


async def rest_of(stream: Stream) -> list[tuple[str, str]]:
    """Kind and room of all that comes until the stream ends, and why it did."""
    found: list[tuple[str, str]] = []
    while True:
        kind, data, _ = await stream.next()
        if kind in ("end", "bye"):
            return [*found, (kind, data.get("code", ""))]
        if kind not in ("beat", "hello"):
            found.append((kind, data.get("room", "")))


@pytest.mark.gen_test(timeout=120)
async def test_who_is_removed_or_leaves_hears_no_more_of_the_room_on_any_worker(
    place: Place, served: Served, ana: Visitor, budi: Visitor
) -> None:
    async with place.serving() as other:
        kicked_from, left = [await ana.make_room(name, private=True) for name in ("One", "Two")]
        for room in (kicked_from, left):
            await ana.bring(budi, room)
        streams = await streams_of(budi, served, other)
        assert (await ana.delete(f"/api/rooms/{kicked_from}/members/{budi.id}")).status == 204
        assert (await at(other, budi).delete(f"/api/rooms/{left}/members/me")).status == 204
        for room in (kicked_from, left):
            await ana.say("without budi", room)
        last = await ana.say("for everybody")
        for stream in streams:
            heard: list[tuple[str, str]] = []
            while True:
                kind, data, id = await stream.next()
                if id == str(last):
                    break
                heard.append((kind, data.get("room", "")))
            ours = [each for each in heard if each[0] not in ("beat", "hello")]
            # Each is said to the room and to the person; a stream shows both where it has both.
            assert {room for _, room in ours} == {kicked_from, left}
            assert {kind for kind, _ in ours} == {"member.left"}
            stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_who_signs_out_or_is_disabled_is_cut_on_all_workers(
    place: Place, served: Served
) -> None:
    async with place.serving() as other:
        here = await served.visitor().sign_up("citra")
        there = await here.again()
        mine, others = [await streams_of(who, served, other) for who in (here, there)]
        assert (await here.delete("/api/session")).status == 204
        for stream in mine:
            assert (await rest_of(stream))[-1] == ("bye", "signed_out")
        await there.say("still here")
        for stream in others:
            await stream.until("message")
        await shell.user_disable(place.settings, "citra")
        for stream in others:
            assert (await rest_of(stream))[-1] == ("bye", "disabled")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The times that are waited for, shorter."""
    monkeypatch.setattr(bus, "PULSE_SECONDS", 0.1)
    monkeypatch.setattr(bus, "DEAF_SECONDS", 1.0)
    monkeypatch.setattr(bus, "PAUSE_SECONDS", 5.0)
    monkeypatch.setattr(sessions, "SESSION_SECONDS", 1.0)
    monkeypatch.setattr(sessions, "VOUCH_SECONDS", 4.0)
    monkeypatch.setattr(connection, "REPLY_SECONDS", 2.0)


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_is_deaf_to_what_is_published_learns_it_from_log_and_mirror(
    place: Place, ana: Visitor, budi: Visitor, quick: None
) -> None:
    room = await ana.make_room("Three", private=True)
    await ana.bring(budi, room)
    gone = await budi.again()
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(Line(place.redis).listening())
        deaf = await stack.enter_async_context(place.serving(line.url))
        [kicked], [signed_out] = [await streams_of(who, deaf) for who in (budi, gone)]
        line.lose = is_a_message
        assert (await ana.delete(f"/api/rooms/{room}/members/{budi.id}")).status == 204
        assert (await gone.delete("/api/session")).status == 204
        await ana.say("without budi", room)
        last = await ana.say("for everybody")
        # Its bus subscribes again and again, and each time reads what it has missed.
        _, before = await kicked.until("member.left")
        assert "message" not in before
        message, _ = await kicked.until("message")
        assert message["id"] == last
        assert (await rest_of(signed_out))[-1] == ("bye", "signed_out")
        kicked.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_cannot_ask_redis_vouches_for_nobody(
    place: Place, budi: Visitor, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bus notices as well and sooner; here the check of sessions stands alone.
    monkeypatch.setattr(bus, "PAUSE_SECONDS", 1000.0)
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(Line(place.redis).listening())
        cut_off = await stack.enter_async_context(place.serving(line.url))
        [stream] = await streams_of(budi, cut_off)
        line.lose = lambda reply: True
        assert await rest_of(stream) == [("end", "")]
        assert (await at(cut_off, budi).stream()).status == 503


def test_the_times_keep_what_the_documents_promise() -> None:
    notices_deafness = bus.DEAF_SECONDS + bus.PULSE_SECONDS
    assert notices_deafness + bus.PAUSE_SECONDS + bus.PULSE_SECONDS <= 15
    assert sessions.SESSION_SECONDS <= 15
    cannot_ask = sessions.VOUCH_SECONDS + sessions.AGAIN_SECONDS + connection.REPLY_SECONDS
    assert cannot_ask + connection.CONNECT_SECONDS <= 30
    assert sessions.SESSION_SECONDS < sessions.VOUCH_SECONDS
