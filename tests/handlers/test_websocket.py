"""The stream over WebSocket: the handshake, the frames, and how it ends."""

from __future__ import annotations

import json

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Visitor, assert_refused
from tests.handlers.web_socket import HANDSHAKE, Socket, shake
from tornchat.chat import shell
from tornchat.domain.errors import (
    BadCursor,
    BadRequest,
    CrossSite,
    Unauthenticated,
    UpgradeRequired,
    WrongHost,
)
from tornchat.wire import websocket
from tornchat.wire.frames import Code, Message, Opcode

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Origin": "http://localhost:3000", "Sec_Fetch_Site": "same-site"},
]


@pytest.mark.gen_test(timeout=120)
async def test_every_frame_is_an_event_from_the_cursor_on(ana: Visitor, served: Served) -> None:
    first, second = [await ana.say(text) for text in ("one", "two")]
    socket = await Socket.open(ana, f"?after={first}")
    hello = await socket.next()
    assert hello == {
        "kind": "hello", "id": first, "cursor": first, "reset": False,
        "live_after": hello["live_after"],
        "heartbeat": served.worker.hub.heartbeat, "worker": served.worker.hub.worker,
    }  # fmt: skip
    replayed = await socket.next()
    third = await ana.say("three")
    live = await socket.next()
    assert [replayed["id"], live["id"]] == [second, third]
    assert second <= hello["live_after"] < third
    stream = await ana.stream(f"?after={first}")
    assert [(await stream.until("message"))[0] for _ in range(2)] == [replayed, live]
    stream.close()
    socket.close()


@pytest.mark.gen_test(timeout=120)
async def test_without_a_cursor_it_starts_live_and_the_last_event_id_wins(ana: Visitor) -> None:
    before, after = [await ana.say(text) for text in ("before", "after")]
    live = await Socket.open(ana)
    assert (await live.next())["cursor"] >= after
    resumed = await Socket.open(ana, f"?after={after}", f"Last-Event-ID: {before}\r\n")
    assert (await resumed.next())["cursor"] == before
    now = await ana.say("now")
    assert (await live.next())["id"] == now
    assert [(await resumed.next())["id"] for _ in range(2)] == [after, now]
    live.close()
    resumed.close()


@pytest.mark.gen_test(timeout=120)
async def test_another_client_reads_it(ana: Visitor, place: Place) -> None:
    token = (await shell.token_add(place.settings, "ana", "robot"))[0]
    address = ana.url.replace("http", "ws", 1) + "/api/events/socket"
    robot = await websocket_connect(
        HTTPRequest(address, headers={"Authorization": f"Bearer {token}"})
    )
    assert json.loads(await robot.read_message() or "")["kind"] == "hello"
    said = [await ana.say("漢" * size) for size in (1, 50, 9000)]
    heard = [json.loads(await robot.read_message() or "") for _ in said]
    assert [event["id"] for event in heard] == said
    assert heard[2]["body"] == "漢" * 9000
    robot.ping(b"still there?")
    await robot.write_message("nobody listens")
    last = await ana.say("last")
    assert json.loads(await robot.read_message() or "")["id"] == last
    robot.close(4321, "enough")
    assert await robot.read_message() is None
    assert robot.close_code == 4321


@pytest.mark.gen_test(timeout=120)
async def test_a_cursor_that_the_log_cannot_serve_is_a_reset(ana: Visitor, served: Served) -> None:
    socket = await Socket.open(ana, "?after=5")
    hello = await socket.next()
    assert (hello["kind"], hello["reset"], hello["cursor"]) == ("hello", True, None)
    assert "id" not in hello
    assert await socket.next() == {"kind": "end"}
    assert socket.closed_with == (Code.NORMAL, "reset")
    assert served.worker.hub.readers() == []  # although the client has not closed its side
    socket.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_beat_is_an_event_with_the_cursor(place: Place, ana: Visitor) -> None:
    async with place.serving(heartbeat=0.2) as served:
        quick = await served.visitor().sign_in("ana")
        socket = await Socket.open(quick)
        said = await quick.say("in between")
        beat = {"id": 0}
        while beat["id"] < said:
            beat, _ = await socket.until("beat")
        assert beat == {"kind": "beat", "id": beat["id"], "cursor": beat["id"]}
        socket.close()


@pytest.mark.gen_test(timeout=120)
async def test_what_a_client_says_is_answered_as_it_should_be(ana: Visitor) -> None:
    socket = await Socket.open(ana)
    await socket.until("hello")
    socket.say(Opcode.PING, b"1")
    socket.say(Opcode.TEXT, b"nobody listens")
    socket.say(Opcode.PING, b"2")
    said = await ana.say("now")
    assert (await socket.next())["id"] == said
    socket.say(Opcode.CLOSE, b"\x03\xe8bye")
    assert await socket.next() == {"kind": "end"}
    assert socket.others == [Message(Opcode.PONG, b"1"), Message(Opcode.PONG, b"2")]
    assert socket.closed_with == (1000, "bye")


@pytest.mark.gen_test(timeout=120)
async def test_a_client_that_talks_nonsense_or_too_much_is_ended(
    ana: Visitor, served: Served
) -> None:
    for opcode, payload, code in (
        (Opcode.CONTINUATION, b"x", Code.PROTOCOL_ERROR),
        (Opcode.TEXT, b"\xff", Code.NOT_UTF8),
        (Opcode.BINARY, bytes(websocket.TALK_BYTES), Code.TOO_BIG),
    ):
        socket = await Socket.open(ana)
        socket.say(opcode, payload)
        await socket.until("end")
        assert socket.closed_with is not None
        assert socket.closed_with[0] == code
        assert served.worker.hub.readers() == []
        socket.close()
    socket = await Socket.open(ana)
    for _ in range(5):
        socket.say(Opcode.TEXT, bytes(websocket.TALK_BYTES // 4))
    await socket.until("end")
    assert socket.closed_with == (Code.TOO_MUCH, "too much is said")
    assert served.worker.hub.readers() == []
    socket.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_client_that_goes_away_leaves_nothing_behind(ana: Visitor, served: Served) -> None:
    sockets = [await Socket.open(ana) for _ in range(5)]
    for socket in sockets:
        await socket.until("hello")
        socket.close()

    async def all_gone() -> bool:
        return served.worker.hub.readers() == []

    await eventually(all_gone, "readers that have left")


@pytest.mark.gen_test(timeout=120)
async def test_a_session_that_ends_is_said_and_is_final(ana: Visitor) -> None:
    other = await ana.again()
    socket = await Socket.open(other)
    await socket.until("hello")
    assert (await other.delete("/api/session")).status == 204
    bye, _ = await socket.until("bye")
    assert bye == {"kind": "bye", "code": "signed_out", "retry": False}
    assert await socket.next() == {"kind": "end"}
    assert socket.closed_with == (Code.FINAL, "signed_out")


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_stops_says_goodbye(place: Place, ana: Visitor) -> None:
    async with place.serving() as served:
        socket = await Socket.open(await served.visitor().sign_in("ana"))
        await socket.until("hello")
    bye, _ = await socket.until("bye")
    assert bye == {"kind": "bye", "code": "shutdown", "retry": True}
    await socket.until("end")
    assert socket.closed_with == (Code.GOING_AWAY, "shutdown")


@pytest.mark.gen_test(timeout=120)
async def test_who_does_not_read_is_told_and_cut_and_resumes(ana: Visitor) -> None:
    start = await ana.say("start")
    slow, fast = await Socket.open(ana, small=True), await Socket.open(ana)
    said: list[int] = []
    for _ in range(20):  # of 60 kB each
        said.append(await ana.say("漢" * 9990))
        assert (await fast.until("message"))[0]["id"] == said[-1]
    got = []
    while (event := await slow.next())["kind"] != "bye":
        got += [event["id"]] if event["kind"] == "message" else []
    assert event == {"kind": "bye", "code": "too_slow", "retry": True}
    assert await slow.next() == {"kind": "end"}
    assert slow.closed_with == (Code.GOING_AWAY, "too_slow")
    assert said[: len(got)] == got
    assert len(got) < len(said)
    again = await Socket.open(ana, f"?after={got[-1] if got else start}")
    while len(got) < len(said):
        got.append((await again.until("message"))[0]["id"])
    assert got == said
    again.close()
    fast.close()


# -- the handshake


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_page_of_another_site_cannot_open_it(ana: Visitor, headers: dict[str, str]) -> None:
    assert_refused(await shake(ana, **headers), CrossSite)


@pytest.mark.gen_test(timeout=120)
async def test_our_own_page_can(ana: Visitor, place: Place) -> None:
    for headers in (
        f"Origin: {ana.url}\r\n",
        f"Origin: {ana.url}\r\nSec-Fetch-Site: same-origin\r\n",
        "Sec-Fetch-Site: none\r\n",
    ):
        socket = await Socket.open(ana, headers=headers)
        assert (await socket.next())["kind"] == "hello"
        socket.close()
    async with place.serving(origin="https://chat.example.org") as served:
        visitor = served.visitor()
        visitor.cookie = (ana.cookie or "").replace("tornchat=", "__Host-tornchat=")
        for origin in ("https://chat.example.org", visitor.url):
            socket = await Socket.open(visitor, headers=f"Origin: {origin}\r\n")
            assert (await socket.next())["kind"] == "hello"
            socket.close()
        assert_refused(await shake(visitor, Origin="https://example.org"), CrossSite)


@pytest.mark.gen_test(timeout=120)
async def test_a_bearer_token_may_come_from_anywhere(ana: Visitor, place: Place) -> None:
    robot = ana.stranger()
    robot.token = (await shell.token_add(place.settings, "ana", "robot"))[0]
    answer = await shake(robot, Origin="https://evil.example", Sec_WebSocket_Version="12")
    assert_refused(answer, UpgradeRequired)
    robot.token = "made-up"
    assert_refused(await shake(robot, Origin=robot.url), Unauthenticated)


@pytest.mark.gen_test(timeout=120)
async def test_a_stranger_and_a_wrong_name_are_refused_before_anything_else(
    ana: Visitor, stranger: Visitor
) -> None:
    assert_refused(await shake(stranger), Unauthenticated)
    assert_refused(await shake(ana, Host="evil.example"), WrongHost)


@pytest.mark.gen_test(timeout=120)
async def test_what_is_no_handshake_is_refused_as_a_problem(ana: Visitor) -> None:
    for header in ("Upgrade", "Connection", "Sec_WebSocket_Version"):
        for value in ("", "x"):
            answer = await shake(ana, **{header: value})
            assert_refused(answer, UpgradeRequired)
            assert answer.headers["Upgrade"] == "websocket"
            assert answer.headers["Sec-WebSocket-Version"] == "13"
    assert_refused(await ana.get("/api/events/socket"), UpgradeRequired)
    for key in ("", "x", "dGhlIHNhbXBsZQ=="):
        assert_refused(await shake(ana, Sec_WebSocket_Key=key), BadRequest)
    answer = await ana.get("/api/events/socket?after=x", headers=HANDSHAKE)
    assert_refused(answer, BadCursor)
