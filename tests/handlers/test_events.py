"""The stream as a client meets it: its head, its first event, what it refuses, how it ends."""

from __future__ import annotations

import asyncio

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Visitor

JSON_EVENT = {"id", "prev", "topic", "kind", "at"}


@pytest.mark.gen_test(timeout=120)
async def test_a_stream_is_guarded_like_every_other_answer(ana: Visitor) -> None:
    stream = await ana.stream()
    assert stream.status == 200
    head = {line.partition(": ")[0]: line.partition(": ")[2] for line in stream.head.splitlines()}
    assert head["Content-Type"] == "text/event-stream; charset=utf-8"
    assert head["Cache-Control"] == "no-store"
    assert head["X-Accel-Buffering"] == "no"
    assert head["X-Content-Type-Options"] == "nosniff"
    assert head["Cross-Origin-Resource-Policy"] == "same-origin"
    assert head["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert head["Connection"] == "close"
    assert not {"Server", "Transfer-Encoding", "Set-Cookie"} & head.keys()
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_stream_without_a_cursor_starts_live(ana: Visitor, served: Served) -> None:
    before = await ana.say("before")
    stream = await ana.stream()
    kind, hello, id = await stream.next()
    assert (kind, id) == ("hello", str(hello["cursor"]))
    assert hello["cursor"] >= before
    assert hello == {
        "cursor": hello["cursor"], "reset": False, "heartbeat": served.worker.hub.heartbeat,
        "worker": served.worker.hub.worker, "live_after": hello["cursor"],
    }  # fmt: skip
    said = await ana.say("now")
    kind, message, id = await stream.next()
    assert (kind, id, message["id"]) == ("message", str(said), said)
    assert message.keys() == JSON_EVENT | {"room", "author", "body", "html"}
    assert message["topic"] == f"room:{ana.room}"
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_stream_after_a_cursor_replays_and_the_last_event_id_wins(ana: Visitor) -> None:
    first, second, third = [await ana.say(text) for text in ("one", "two", "three")]
    for query, headers, expected in (
        (f"?after={first}", "", [second, third]),
        (f"?after={first}", f"Last-Event-ID: {second}\r\n", [third]),
        (f"?after={second}", "Last-Event-ID: \r\n", [third]),
        (f"?after={third}", "", []),
    ):
        stream = await ana.stream(query, headers)
        _, hello, id = await stream.next()
        assert int(id) == hello["cursor"]
        got = [(await stream.next())[1]["id"] for _ in expected]
        assert got == expected
        # What was replayed can be told from what comes live.
        assert max(expected, default=0) <= hello["live_after"]
        assert hello["live_after"] < await ana.say("live")
        stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_cursor_that_the_log_cannot_serve_is_a_reset(ana: Visitor) -> None:
    for cursor in (0, 5, 2**53 - 1):
        stream = await ana.stream(f"?after={cursor}")
        kind, hello, id = await stream.next()
        assert (kind, hello["reset"], hello["cursor"], id) == ("hello", True, None, "")
        assert (await stream.next())[0] == "end"


@pytest.mark.gen_test(timeout=120)
async def test_a_beat_carries_the_cursor_of_the_stream(place: Place, ana: Visitor) -> None:
    async with place.serving(heartbeat=0.2) as served:
        quick = await served.visitor().sign_in("ana")
        stream = await quick.stream()
        _, _, start = await stream.next()
        said = await quick.say("in between")
        while True:
            kind, data, id = await stream.anything()
            if kind == "beat" and int(id) >= said:
                break
        assert data == {"cursor": int(id)}
        assert int(start) < said
        stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_stops_says_goodbye(place: Place, ana: Visitor) -> None:
    async with place.serving() as served:
        guest = await served.visitor().sign_in("ana")
        stream = await guest.stream()
        await stream.until("hello")
    bye, _ = await stream.until("bye")
    assert bye == {"code": "shutdown", "retry": True}
    assert (await stream.next())[0] == "end"


@pytest.mark.gen_test(timeout=120)
async def test_an_old_proxy_gets_the_same_stream(ana: Visitor, served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    writer.write(f"GET /api/events HTTP/1.0\r\nCookie: {ana.cookie}\r\n\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (await asyncio.wait_for(reader.readline(), 60)).startswith(b"id: ")
    writer.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_client_that_goes_away_leaves_nothing_behind(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    hub = served.worker.hub
    streams = [await budi.stream() for _ in range(5)]
    for stream in streams:
        await stream.until("hello")
        stream.close()

    async def all_gone() -> bool:
        return all(reader.join.user != budi.id for reader in hub.readers())

    await eventually(all_gone, "readers that have left")


@pytest.mark.gen_test(timeout=120)
async def test_a_room_joined_in_mid_stream_is_heard_from_its_joining_on(
    ana: Visitor, budi: Visitor
) -> None:
    room = await ana.make_room("Orchestra", private=True)
    await ana.say("before", room)
    stream = await budi.stream()
    await stream.until("hello")
    await ana.bring(budi, room)
    after = await ana.say("after", room)
    joined, _ = await stream.until("member.joined")
    assert (joined["topic"], joined["room"]) == (f"user:{budi.id}", room)
    message, before = await stream.until("message")
    assert message["id"] == after
    assert before == ["member.joined"], "the room's own event of the joining, and nothing older"
    stream.close()
