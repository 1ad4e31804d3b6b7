"""The quick way to a stream, and that it answers as the ordinary one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.handlers.place import Place, Served, eventually
from tests.handlers.test_limits import Raw
from tests.handlers.visitor import Visitor
from tornchat import connections
from tornchat.accepting import Arrival
from tornchat.line import Line

STREAM = "GET /api/events{query} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n{headers}\r\n"


class Counts:
    """What came to the HTTP server of a worker, and what was asked of the database."""

    def __init__(self) -> None:
        self.served = 0
        self.statements: list[str] = []


@contextmanager
def counting(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counts]:
    counts, serve = Counts(), served.worker.server.serve

    def count(arrival: Arrival) -> None:
        counts.served += 1
        serve(arrival)

    def note(_: object, __: object, statement: str, *more: object) -> None:
        counts.statements.append(statement)

    engines = [found for found in vars(served.worker.database).values() if _is_engine(found)]
    assert len(engines) == 2
    for engine in engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    with monkeypatch.context() as patch:
        patch.setattr(served.worker.server, "serve", count)
        yield counts
    for engine in engines:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


def _is_engine(found: object) -> bool:
    return isinstance(found, AsyncEngine)


async def first_of(raw: Raw, request: bytes) -> tuple[bytes, bytes]:
    """Head and beginning of what a stream answers, or head and body of an error."""
    raw.writer.write(request)
    head = await asyncio.wait_for(raw.reader.readuntil(b"\r\n\r\n"), 60)
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    if length:
        return head, await raw.reader.readexactly(int(length))
    try:
        return head, await asyncio.wait_for(raw.reader.readuntil(b'"cursor":'), 60)
    except asyncio.IncompleteReadError as ended:
        return head, ended.partial


def asking(
    visitor: Visitor, query: str = "", headers: str = "", host: str = "localhost", cookie: str = ""
) -> bytes:
    return STREAM.format(
        query=query, host=host, headers=headers, cookie=cookie or visitor.cookie
    ).encode()


@asynccontextmanager
async def lines(served: Served, count: int) -> AsyncIterator[list[Raw]]:
    made = [await Raw.to(served) for _ in range(count)]
    yield made
    for raw in made:
        raw.close()


PLAIN = {
    "from now on": {},
    "after a cursor": {"query": "?after=0"},
    "after the last id": {"headers": "Last-Event-ID: 1\r\n"},
    "with an empty last id": {"query": "?after=1", "headers": "Last-Event-ID:\r\n"},
    "as a browser": {"headers": "Accept: text/event-stream\r\nCache-Control: no-cache\r\n"},
}
OTHERS = {
    "a cursor that is none": {"headers": "Last-Event-ID: x\r\n"},
    "a cursor that is too large": {"query": "?after=99999999999999999999"},
    "another parameter": {"query": "?after=1&wait=2"},
    "a parameter twice": {"query": "?after=1&after=x"},
    "another host": {"host": "evil.example"},
    "no host": {"host": "a,b"},
    "no session": {"cookie": "a=b"},
    "a cookie that is none": {"cookie": ';=;"'},
    "a token that is wrong, and a cookie": {"headers": "Authorization: Bearer x\r\n"},
    "a token that is empty, and a cookie": {"headers": "Authorization: Bearer \r\n"},
    "a body": {"headers": "Content-Length: 0\r\n"},
    "a poll": {"headers": "Accept: application/json\r\n", "query": "?after=x"},
    "a header that is none": {"headers": "x y: z\r\n"},
    "an end of the head for some": {"host": "localhost\n\nX: y"},
}


@pytest.mark.gen_test(timeout=120)
async def test_both_ways_answer_the_same(
    served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "QUIET_SECONDS", 6.0)  # the machine may be busy
    for name, what in {**PLAIN, **OTHERS}.items():
        with counting(served, monkeypatch) as counts:
            request = asking(ana, **what)
            async with lines(served, 2) as [quick, ordinary]:
                got = await first_of(quick, request)
                assert counts.served == (name in OTHERS), name
                assert await ordinary.ask()
                head, body = await first_of(ordinary, request)
            assert got[1] == body, name
            assert _told(got[0]) == _told(head), name


def _told(head: bytes) -> list[bytes]:
    return [line for line in head.split(b"\r\n") if not line.startswith(b"Date:")]


@pytest.mark.gen_test(timeout=120)
async def test_whoever_takes_their_time_to_ask_is_answered(
    served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asking(ana)
    monkeypatch.setattr(connections, "QUIET_SECONDS", 6.0)
    with counting(served, monkeypatch) as counts:
        async with lines(served, 15) as made:
            heads = await asyncio.gather(*(first_of(raw, request) for raw in made))
            assert {head[:15] for head, _ in heads} == {b"HTTP/1.1 200 OK"}
            assert counts.served == 0
        monkeypatch.setattr(connections, "QUIET_SECONDS", 1.0)
        async with lines(served, 3) as [silent, halting, gone]:
            halting.writer.write(request[:20])
            gone.close()

            async def all_sent_on() -> bool:
                return counts.served == 2 and not len(served.worker.doorway)

            await eventually(all_sent_on, "the HTTP server to hold all of them")
            assert await silent.ask()
            head, _ = await first_of(halting, request[20:])
            assert head.startswith(b"HTTP/1.1 200 OK")

    async def nobody() -> bool:
        return not served.worker.hub.readers() and not len(served.worker.gate)

    await eventually(nobody, "the end of all streams")


@pytest.mark.gen_test(timeout=120)
async def test_whoever_cannot_be_served_is_in_nobodys_way(
    place: Place, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.serving() as served:
        gate, let_in = served.worker.gate, served.worker.gate.let_in

        def stumbling(line: Line, data: bytes) -> bool:
            if b"stumble" in data:
                raise RuntimeError("over something that nobody thought of")
            return let_in(line, data)

        monkeypatch.setattr(gate, "let_in", stumbling)
        async with lines(served, 6) as waiting:
            await asyncio.sleep(0.05)  # they are in the doorway, and speak in one turn
            port = asking(ana, host="localhost:" + "9" * 5000)
            for number, raw in enumerate(waiting):
                asked = (port, asking(ana, headers="X: stumble\r\n"), asking(ana))[number % 3]
                raw.writer.write(asked)
            for raw in waiting[2::3]:
                head = await asyncio.wait_for(raw.reader.readuntil(b"\r\n\r\n"), 60)
                assert head.startswith(b"HTTP/1.1 200 ")
            for raw in waiting[1::3]:
                with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                    await asyncio.wait_for(raw.reader.readexactly(1), 60)
        async with lines(served, 1) as [later]:
            await asyncio.sleep(0.05)
            assert (await first_of(later, asking(ana)))[0].startswith(b"HTTP/1.1 200 ")


@pytest.mark.gen_test(timeout=120)
async def test_a_session_that_has_ended_is_not_let_in_by_what_is_remembered_of_it(
    served: Served, stranger: Visitor
) -> None:
    await stranger.sign_up("leaver")
    async with lines(served, 2) as [before, after]:
        head, _ = await first_of(before, asking(stranger))
        assert head.startswith(b"HTTP/1.1 200 ")
        cookie = stranger.cookie or ""
        assert (await stranger.delete("/api/session")).status == 204
        head, _ = await first_of(after, asking(stranger, cookie=cookie))
        assert head.startswith(b"HTTP/1.1 401 ")


@pytest.mark.gen_test(timeout=120)
async def test_nobody_who_comes_back_costs_a_query(
    place: Place, ana: Visitor, budi: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other worker, which was there before, has the lease and so the database's work.
    monkeypatch.setattr(connections, "QUIET_SECONDS", 6.0)
    async with place.serving(max_streams=0) as served:
        cursor = (await ana.get("/api/session")).json["cursor"]
        for number in range(3):
            await ana.say(f"message {number}")
        with counting(served, monkeypatch) as counts:
            request = [asking(who, f"?after={cursor}") for who in (ana, budi)]
            async with lines(served, 60) as made:
                await asyncio.gather(
                    *(first_of(raw, request[number % 2]) for number, raw in enumerate(made))
                )
                for raw in made:
                    await asyncio.wait_for(raw.reader.readuntil(b"message 2"), 60)
            assert counts.served == 0
            assert counts.statements == []
