"""The client does what a correct client must, by every transport."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from probes.calls import Caller, GivenUp
from probes.client import Hooks, Manner, Reader, Transport

from tests.probes.scripted_server import (
    STREAM,
    SWITCH,
    ScriptedServer,
    answer,
    event,
    hello,
    message,
    message_json,
)
from tests.redis_server import in_loop, until
from tornchat.wire import frames

SSE, WEBSOCKET = Transport.SSE, Transport.WEBSOCKET
QUICK = Manner(wait=1, poll_pause=0.01)


class Notes(Hooks):
    """What a reader told."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.resets: list[tuple[int, int]] = []
        self.ends: list[str] = []
        self.complaints: list[str] = []

    def event(self, event: dict[str, Any]) -> None:
        self.ids.append(event["id"])

    def reset(self, low: int, high: int) -> None:
        self.resets.append((low, high))

    def closed(self, why: str) -> None:
        self.ends.append(why)

    def broken(self, what: str) -> None:
        self.complaints.append(what)


@asynccontextmanager
async def reading(
    server: ScriptedServer, transport: Transport = SSE, after: int = 1
) -> AsyncIterator[tuple[Reader, Notes]]:
    """A reader of a server, which leaves in the end."""
    notes = Notes()
    reader = Reader([server.base], "c=1", transport, after, notes, random.Random(1), QUICK)
    task = asyncio.ensure_future(reader.run())
    yield reader, notes
    reader.leave()
    async with asyncio.timeout(60):
        await task


async def after_script(
    script: Sequence[bytes], transport: Transport, requests: int, stay: Sequence[int] = ()
) -> tuple[ScriptedServer, Reader, Notes]:
    """What had happened when so many requests had come."""
    async with ScriptedServer(script, stay).listening() as server:
        async with reading(server, transport) as (reader, notes):
            await server.until(requests)
        return server, reader, notes


def text_frame(data: dict[str, Any]) -> bytes:
    return frames.encode(frames.Opcode.TEXT, json.dumps(data).encode())


def poll_answer(cursor: int | None, *events: str) -> bytes:
    reset = "true" if cursor is None else "false"
    shown = "null" if cursor is None else str(cursor)
    return answer(f'{{"cursor":{shown},"reset":{reset},"events":[{",".join(events)}]}}'.encode())


@in_loop
async def test_a_stream_is_resumed_with_the_last_id() -> None:
    first = STREAM + hello(1) + message(5)
    server, _, notes = await after_script([first], SSE, 2)
    assert [request.headers["last-event-id"] for request in server.requests] == ["1", "5"]
    assert notes.ids == [5]
    assert notes.complaints == []


@in_loop
async def test_a_beat_moves_the_cursor() -> None:
    first = STREAM + hello(1) + event("beat", '{"cursor":7}', 7)
    server, _, _ = await after_script([first], SSE, 2)
    assert server.requests[1].headers["last-event-id"] == "7"


@in_loop
async def test_a_poll_asks_again_from_its_cursor() -> None:
    script = [poll_answer(6, message_json(5)), poll_answer(6)]
    server, _, notes = await after_script(script, Transport.LONG_POLL, 3)
    paths = [request.path for request in server.requests]
    assert paths == [f"/api/events?after={cursor}&wait=1" for cursor in (1, 6, 6)]
    assert notes.ids == [5]


@in_loop
async def test_a_short_poll_does_not_wait() -> None:
    server, _, _ = await after_script([poll_answer(6)], Transport.SHORT_POLL, 2)
    assert [r.path.partition("?")[2] for r in server.requests] == [
        "after=1&wait=0",
        "after=6&wait=0",
    ]


@in_loop
async def test_a_websocket_is_read_and_its_pings_are_answered() -> None:
    greeting = {"kind": "hello", "id": 1, "cursor": 1, "reset": False, "heartbeat": 25}
    said = text_frame({**greeting, "worker": "here:1"})
    said += text_frame(json.loads(message_json(5))) + frames.encode(frames.Opcode.PING, b"hi")
    async with ScriptedServer([SWITCH + said], [0]).listening() as server:
        async with reading(server, WEBSOCKET) as (reader, notes):
            await server.until(1)
            await until(lambda: server.requests[0].sent, "a pong")
            assert reader.live
            assert reader.worker == "here:1"
        assert notes.ids == [5]
        assert notes.complaints == []
        assert server.requests[0].sent[:2] == b"\x8a\x82"  # a masked pong of two bytes


@pytest.mark.parametrize(
    ("transport", "says"),
    [
        (SSE, STREAM + hello(1, reset="true")),
        (Transport.LONG_POLL, poll_answer(None)),
    ],
)
@in_loop
async def test_a_reset_loads_the_snapshot_and_goes_on_from_there(
    transport: Transport, says: bytes
) -> None:
    server, _, notes = await after_script([says, answer(b'{"cursor":90}')], transport, 3)
    assert server.requests[1].path == "/api/session"
    third = server.requests[2]
    assert "90" in (third.headers.get("last-event-id"), third.path.partition("after=")[2][:2])
    assert notes.resets == [(1, 90)]


@in_loop
async def test_a_goodbye_without_return_is_final() -> None:
    bye = event("bye", '{"code":"signed_out","retry":false}')
    async with (
        ScriptedServer([STREAM + hello(1) + bye]).listening() as server,
        reading(server) as (reader, _),
    ):
        await until(lambda: reader.failure, "an end")
        assert reader.failure == "bye signed_out"
        assert len(server.requests) == 1


@in_loop
async def test_a_goodbye_with_return_is_not() -> None:
    bye = event("bye", '{"code":"shutdown","retry":true}')
    _, reader, notes = await after_script([STREAM + hello(1) + bye], SSE, 2)
    assert reader.failure == ""
    assert notes.ends[0] == "bye shutdown"


@in_loop
async def test_a_stream_that_is_told_to_move_is_opened_again() -> None:
    move = event("move", '{"after_ms":50}')
    server, _, notes = await after_script([STREAM + hello(1) + message(5) + move], SSE, 2, [0])
    assert notes.ends[0] == "moved"
    assert server.requests[1].headers["last-event-id"] == "5"


@in_loop
async def test_a_busy_server_is_left_alone_for_as_long_as_it_asks() -> None:
    busy = answer(b'{"code":"busy"}', "503 Service Unavailable", "Retry-After: 1")
    server, _, notes = await after_script([busy], SSE, 2)
    assert notes.ends[0] == "status 503 busy"
    assert server.requests[1].at - server.requests[0].at >= 1


@in_loop
async def test_a_silent_stream_is_given_up() -> None:
    _, _, notes = await after_script([STREAM + hello(1, heartbeat=0.1)], SSE, 2, [0])
    assert notes.ends[0].startswith("silent for ")


@in_loop
async def test_a_frozen_reader_does_nothing_and_goes_on_where_it_stood() -> None:
    script = [STREAM + hello(1, heartbeat=0.5) + message(5)]
    async with ScriptedServer(script, [0]).listening() as server:
        async with reading(server) as (reader, notes):
            await until(lambda: notes.ids, "a message")
            reader.freeze()
            await asyncio.sleep(1.5)
            assert len(server.requests) == 1
            reader.thaw()
            await server.until(2)
        assert server.requests[1].headers["last-event-id"] == "5"


@in_loop
async def test_a_line_that_is_cut_is_opened_again() -> None:
    script = [STREAM + hello(1)]
    async with ScriptedServer(script, [0]).listening() as server, reading(server) as (reader, _):
        await server.until(1)
        reader.cut()
        await server.until(2)


@in_loop
async def test_another_server_is_tried_where_one_does_not_answer() -> None:
    async with ScriptedServer([STREAM + hello(1)], [0]).listening() as server:
        async with ScriptedServer([]).listening() as gone:
            pass
        notes = Notes()
        servers = [gone.base, server.base]
        reader = Reader(servers, "c=1", SSE, 1, notes, random.Random(3), QUICK)
        task = asyncio.ensure_future(reader.run())
        await server.until(1)
        reader.leave()
        await task


@pytest.mark.parametrize(
    ("stream", "complaint"),
    [
        (message(5), "a stream that begins with message"),
        (hello(2), "a hello at 2 for a reader at 1"),
        (hello(1) + event("message", message_json(6), 5), "event 6 under the id 5"),
    ],
)
@in_loop
async def test_a_server_that_breaks_the_protocol_is_told_of(stream: bytes, complaint: str) -> None:
    _, _, notes = await after_script([STREAM + stream], SSE, 2)
    assert notes.complaints[0] == complaint


@in_loop
async def test_a_chunked_stream_is_read_as_well() -> None:
    """A proxy may make it one."""
    head = STREAM.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    body = hello(1) + message(5)
    cut = len(body) - 7
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:10], body[10:cut], body[cut:])
    )
    _, _, notes = await after_script([head + chunks + b"0\r\n\r\n"], SSE, 2)
    assert notes.ids == [5]
    assert notes.ends[0] == "the server ended the stream"


@in_loop
async def test_a_request_is_repeated_until_it_is_answered() -> None:
    busy = answer(b"{}", "429 Too Many Requests")
    async with ScriptedServer([busy, b"", answer(b"{}", "201 Created")]).listening() as server:
        caller = Caller([server.base], random.Random(1))
        answered = await caller.insist("POST", "/api/rooms/r/messages", {"body": "x"})
        assert (answered.status, answered.attempts) == (201, 3)


@in_loop
async def test_a_request_that_is_wrong_is_given_up() -> None:
    wrong = answer(b'{"code":"invalid"}', "422 Unprocessable Content")
    async with ScriptedServer([wrong]).listening() as server:
        with pytest.raises(GivenUp, match="status 422 invalid"):
            await Caller([server.base], random.Random(1)).insist("POST", "/api/rooms", {})
