"""What a worker refuses before it is full, and how it lets go of clients that take their time."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Stream, Visitor, assert_refused
from tornchat import connections
from tornchat.connections import Room
from tornchat.domain.errors import Busy, TooManyStreams

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Raw:
    """A connection whose bytes the test writes itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, served: Served) -> Raw:
        place = urlsplit(served.url)
        return cls(*await asyncio.open_connection(place.hostname, place.port))

    async def ask(self, request: bytes = GET) -> bytes:
        """The head of the answer; "" where the connection was closed."""
        self.writer.write(request)
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await self.reader.readexactly(int(length or 0))
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        return head

    async def at_its_end(self) -> bool:
        """Wait for the other side to close."""
        try:
            return not await asyncio.wait_for(self.reader.read(1), 60)
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.close()


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has room for two streams, and for four connections with them."""
    monkeypatch.setattr(Room, "of_process", classmethod(lambda cls: cls(2, 4)))


@pytest.mark.gen_test(timeout=120)
async def test_one_stream_too_many_of_a_user_is_refused_with_what_to_do(
    place: Place, ana: Visitor, budi: Visitor
) -> None:
    async with place.serving(max_streams=2) as served:
        mine, other = [await served.visitor().sign_in(who.name) for who in (ana, budi)]
        streams = [await mine.stream() for _ in range(2)]
        refused = await mine.get("/api/events")
        assert_refused(refused, TooManyStreams, "Close one")
        again = [await other.stream() for _ in range(2)]
        streams[0].close()
        after = await mine.stream()
        assert [stream.status for stream in (*streams, *again, after)] == [200] * 5
        for stream in (*streams, *again, after):
            stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_an_address_is_limited_behind_a_proxy_and_this_machine_is_not(
    place: Place, ana: Visitor
) -> None:
    async with place.serving(max_streams=0, max_streams_per_address=2) as served:
        mine = await served.visitor().sign_in(ana.name)
        many = [await mine.stream() for _ in range(4)]
        assert [stream.status for stream in many] == [200] * 4
    async with place.serving(
        max_streams=0, max_streams_per_address=2, origin="http://chat.example.org"
    ) as served:
        mine = await served.visitor().sign_in(ana.name)

        async def come_from(forwarded: str) -> Stream:
            return await mine.stream(headers=f"X-Forwarded-For: {forwarded}\r\n")

        # What a client itself puts in front, 127.0.0.1 or anything, helps it nothing.
        there = [await come_from(f"127.0.0.1{more}, 192.0.2.1") for more in ("", ", ::1", ", 8")]
        assert [stream.status for stream in there] == [200, 200, 429]
        elsewhere = await come_from("192.0.2.2")
        assert elsewhere.status == 200
        for stream in (*many, *there, elsewhere):
            stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_refuses_streams_before_it_refuses_requests(
    place: Place, ana: Visitor, tight: None
) -> None:
    async with place.serving(max_streams=0) as served:
        mine = await served.visitor().sign_in(ana.name)
        streams = [await mine.stream() for _ in range(2)]
        assert [stream.status for stream in streams] == [200, 200]
        assert_refused(await mine.get("/api/events"), Busy)
        assert (await mine.get("/api/session")).status == 200
        for stream in streams:
            stream.close()

        async def room_again() -> bool:
            return (await mine.stream()).status == 200

        await eventually(room_again, "room for another stream")


@pytest.mark.gen_test(timeout=120)
async def test_connections_that_are_too_many_are_answered_and_closed(
    place: Place, tight: None
) -> None:
    async with place.serving() as served:
        kept = [await Raw.to(served) for _ in range(4)]
        for raw in kept:
            assert (await raw.ask()).startswith(b"HTTP/1.1 200 ")
        more = [await Raw.to(served) for _ in range(50)]
        heads = await asyncio.gather(*(raw.ask() for raw in more))
        told = [head for head in heads if head]
        assert told, "some are told why"
        for head in told:
            assert head.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 5\r\n" in head
        assert all([await raw.at_its_end() for raw in more])
        assert (await kept[0].ask()).startswith(b"HTTP/1.1 200 "), "the others are served"
        kept.pop().close()

        async def room_again() -> bool:
            raw = await Raw.to(served)
            return (await raw.ask()).startswith(b"HTTP/1.1 200 ")

        await eventually(room_again, "room for another connection")


@pytest.mark.gen_test(timeout=120)
async def test_connections_that_do_nothing_give_way_to_new_ones(
    place: Place, tight: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "QUIET_SECONDS", 0.2)
    async with place.serving() as served:
        silent = [await Raw.to(served) for _ in range(4)]
        for raw in silent[2:]:
            raw.writer.write(GET[:20])  # the head of a request that is never whole
        await asyncio.sleep(0.5)
        new = [await Raw.to(served) for _ in silent]
        for raw in new:
            assert (await raw.ask()).startswith(b"HTTP/1.1 200 ")
        assert all([await raw.at_its_end() for raw in silent])


@pytest.mark.gen_test(timeout=120)
async def test_who_sends_a_head_or_a_body_byte_by_byte_is_cut(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 1.0)
    monkeypatch.setattr(connections, "BODY_SECONDS", 1.0)
    async with place.serving() as served:
        head = b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n"
        idle = await Raw.to(served)
        assert await idle.ask()
        slow = {b"": idle, b"x": await Raw.to(served), b"y": await Raw.to(served)}
        slow[b"x"].writer.write(head + b"X: ")
        slow[b"y"].writer.write(head + b"\r\n")

        async def drip(byte: bytes, raw: Raw) -> bool:
            ended = asyncio.ensure_future(raw.at_its_end())
            while not ended.done():
                raw.writer.write(byte)
                await asyncio.wait([ended], timeout=0.05)
            return ended.result()

        assert all(await asyncio.gather(*(drip(byte, raw) for byte, raw in slow.items())))


@pytest.mark.gen_test(timeout=120)
async def test_a_head_that_is_too_large_is_cut(served: Served) -> None:
    raw = await Raw.to(served)
    assert await raw.ask(GET[:-2] + b"X: " + b"x" * connections.MOST_HEADER_BYTES) == b""


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_drains_lets_its_connections_go_when_they_are_done(
    place: Place, ana: Visitor
) -> None:
    async with place.serving() as served:
        mine = await served.visitor().sign_in(ana.name)
        idle, used, slow, late = [await Raw.to(served) for _ in range(4)]
        for raw in (idle, used, late):
            head = await raw.ask()
            assert head
            assert b"Connection: close" not in head
        post = b'{"username":"ana","password":"wrong"}'
        slow.writer.write(
            b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(post)
        )
        stream = await mine.stream()
        await stream.until("hello")
        draining = asyncio.ensure_future(served.worker.drain(5))
        await stream.until("move")
        with pytest.raises(ConnectionRefusedError):
            await Raw.to(served)
        head = await used.ask()
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"Connection: close\r\n" in head
        assert await used.at_its_end()
        cookie = f"Cookie: {mine.cookie}\r\n\r\n".encode()
        opened = await late.ask(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n" + cookie)
        assert opened.startswith(b"HTTP/1.1 200 ")
        assert b"event: move" in await asyncio.wait_for(late.reader.readuntil(b"after_ms"), 60)
        assert await idle.at_its_end()
        stream.close()
        late.close()
        assert not draining.done(), "a request is still on its way"
        assert (await slow.ask(post)).startswith(b"HTTP/1.1 401 ")
        await asyncio.wait_for(draining, 60)
