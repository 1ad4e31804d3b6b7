"""The writing end of a stream: at once, or from a bounded buffer, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import struct
import sys
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.redis_server import in_loop, until
from tornchat.hub import outlet as outlets_module
from tornchat.hub.outlet import BUFFER_LIMIT, LOW_WATER, Outlet, Outlets

CHUNK = b"x" * 8192


class Stream:
    """Both ends of one connection, and its owner, who counts how often it is told."""

    def __init__(self, outlets: Outlets, farewell: bytes = b"") -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self.client.setblocking(False)
        self.server = server
        self.closed = self.was_cut = 0
        self.on_close: Callable[[], None] | None = None
        self.outlet: Outlet = outlets.open(server, self, farewell)

    def close(self) -> None:
        self.closed += 1
        if self.on_close is not None:
            self.on_close()

    def cut(self) -> None:
        self.was_cut += 1

    def hear(self, data: bytes) -> None:
        raise AssertionError("nobody listens")

    def receive(self) -> bytes:
        """What has arrived; b"" at the end and where nothing has."""
        try:
            return self.client.recv(1 << 20)
        except (BlockingIOError, ConnectionResetError):
            return b""

    async def receive_all(self) -> bytes:
        """Everything until the other side closes."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        parts = []
        loop = asyncio.get_running_loop()
        while part := await loop.sock_recv(self.client, 1 << 20):
            parts.append(part)
        return b"".join(parts)

    def fill(self) -> int:
        """Write until a good deal waits; gives how much was written."""
        written = 0
        while self.outlet.waiting < 4 * LOW_WATER:
            self.outlet.send(CHUNK)
            written += len(CHUNK)
        return written


@asynccontextmanager
async def streams(count: int = 1, farewell: bytes = b"") -> AsyncIterator[list[Stream]]:
    outlets = Outlets()
    made = [Stream(outlets, farewell) for _ in range(count)]
    try:
        yield made
    finally:
        for stream in made:
            stream.outlet.close()
            stream.client.close()
        assert not len(outlets)
        outlets.close()


@in_loop
async def test_what_fits_is_with_the_client_before_send_returns() -> None:
    async with streams() as [stream]:
        stream.outlet.send(b"data: 1\n\n")
        stream.outlet.send(b"data: 2\n\n")
        assert stream.receive() == b"data: 1\n\ndata: 2\n\n"
        assert stream.outlet.waiting == 0


@in_loop
async def test_small_writes_are_not_held_back_by_the_kernel() -> None:
    async with streams() as [stream]:
        assert stream.server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not stream.server.getblocking()


@in_loop
async def test_who_stops_reading_is_cut_and_the_others_go_on() -> None:
    async with streams(3) as [slow, *others]:
        received = [0, 0]
        sent = 0
        while not slow.outlet.closed:
            for stream in (slow, *others):
                stream.outlet.send(CHUNK)
            sent += len(CHUNK)
            assert slow.outlet.waiting <= BUFFER_LIMIT
            assert sent < 32 * BUFFER_LIMIT, "the slow one is never cut"
            while min(received) < sent:
                for number, stream in enumerate(others):
                    received[number] += len(stream.receive())
                await asyncio.sleep(0)
        assert sent > BUFFER_LIMIT
        assert slow.closed == 1
        assert slow.outlet.waiting == 0
        for stream in others:
            stream.outlet.send(b"still here")
            assert stream.receive() == b"still here"
            assert stream.closed == 0


@in_loop
async def test_a_single_write_above_the_limit_cuts_the_stream_too() -> None:
    async with streams() as [stream]:
        stream.outlet.send(b"x" * (1 << 24))
        assert stream.outlet.closed
        assert stream.closed == 1


@pytest.mark.parametrize("size", [90, 5_000, 60_000])
def test_who_is_too_slow_is_told_so_after_the_last_frame_that_it_gets(size: int) -> None:
    @in_loop
    async def test() -> None:
        async with streams(farewell=b"bye\n") as [stream]:
            frames: list[bytes] = []
            while not stream.outlet._ending:
                frames.append(b"%07d " % len(frames) + b"x" * size + b"\n")
                stream.outlet.send(frames[-1])
                assert stream.outlet.waiting <= BUFFER_LIMIT + size
            assert stream.outlet.waiting <= size + len(b"bye\n") + 9, "what waited is let go"
            *got, last = (await stream.receive_all()).splitlines(keepends=True)
            assert last == b"bye\n"
            assert got == frames[: len(got)]
            assert len(got) < len(frames)
            assert stream.closed == 1

    test()


@in_loop
async def test_nothing_is_said_in_the_middle_of_a_frame_that_is_too_large() -> None:
    async with streams(farewell=b"bye") as [stream]:
        stream.outlet.send(b"x" * (1 << 24))
        assert stream.outlet.closed
        assert b"bye" not in await stream.receive_all()


@in_loop
async def test_what_nobody_takes_is_given_up_however_little_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlets_module, "STUCK_SECONDS", 3.0)
    async with streams(2) as [stuck, slow]:
        for stream in (stuck, slow):
            stream.fill()

        def looked_at() -> bool:
            slow.receive()
            slow.outlet._outlets.cut_stuck()
            return stuck.outlet.closed

        await until(looked_at, "the cut")
        assert stuck.closed == 1
        assert not slow.outlet.closed
        # The kernel has dropped what it held: the client learns it at once.
        with pytest.raises(ConnectionResetError):
            await stuck.receive_all()


@in_loop
async def test_a_goodbye_that_nobody_takes_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets_module, "END_SECONDS", 0.1)
    async with streams() as [stream]:
        stream.fill()
        stream.outlet.end()

        def looked_at() -> bool:
            stream.outlet._outlets.cut_stuck()
            return stream.outlet.closed

        assert not looked_at()
        await until(looked_at, "the cut")
        assert stream.closed == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux' own figures")
@in_loop
async def test_the_kernel_holds_little_for_a_client_that_stops_reading() -> None:
    async with streams(2) as [whole, pieces]:
        for stream, size in ((whole, 50_000), (pieces, 90)):
            held = 0
            while not stream.outlet.closed:
                stream.outlet.send(b"x" * size)
                if not stream.outlet.closed:
                    held = max(held, kernel_bytes(stream.server))
            assert held + BUFFER_LIMIT <= 700_000


def kernel_bytes(sock: socket.socket) -> int:
    """What waits to be sent or acknowledged, with the kernel's own part of it (SO_MEMINFO)."""
    queued: int = struct.unpack("9I", sock.getsockopt(socket.SOL_SOCKET, 55, 36))[5]
    return queued


@in_loop
async def test_what_waited_arrives_whole_and_in_order() -> None:
    async with streams() as [stream]:
        written: list[bytes] = []
        while stream.outlet.waiting < BUFFER_LIMIT // 2:
            written.append(b"%07d\n" % len(written) * 256)
            stream.outlet.send(written[-1])
        stream.outlet.end()
        assert stream.closed == 0
        assert await stream.receive_all() == b"".join(written)
        assert stream.closed == 1


@in_loop
async def test_a_replay_waits_until_the_client_has_taken_most_of_it() -> None:
    async with streams() as [stream]:
        await stream.outlet.drained()
        stream.fill()
        waiting = [asyncio.ensure_future(stream.outlet.drained()) for _ in range(2)]
        waiting[0].cancel()
        await asyncio.sleep(0.05)
        assert not waiting[1].done()
        while not waiting[1].done():
            stream.receive()
            await asyncio.sleep(0)
        assert stream.outlet.waiting <= LOW_WATER


@in_loop
async def test_whoever_waits_for_a_stream_that_ends_goes_on() -> None:
    async with streams() as [stream]:
        stream.fill()
        waiting = asyncio.ensure_future(stream.outlet.drained())
        await asyncio.sleep(0)
        stream.outlet.close()
        await waiting
        await stream.outlet.drained()


@in_loop
async def test_the_end_comes_after_everything_that_was_written() -> None:
    async with streams() as [stream]:
        written = stream.fill()
        stream.outlet.end()
        stream.outlet.send(b"too late")
        assert stream.closed == 0
        assert await stream.receive_all() == b"x" * written
        assert stream.outlet.closed
        assert stream.closed == 1


@in_loop
async def test_the_end_of_a_stream_where_nothing_waits_is_at_once() -> None:
    async with streams() as [stream]:
        stream.outlet.send(b"bye")
        stream.outlet.end()
        assert stream.outlet.closed
        assert await stream.receive_all() == b"bye"


@in_loop
async def test_a_client_that_goes_is_noticed_without_writing() -> None:
    async with streams(2) as [gone, other]:
        gone.client.close()
        await until(lambda: gone.outlet.closed, "the end")
        assert gone.closed == 1
        assert not other.outlet.closed


@in_loop
async def test_a_client_that_breaks_off_while_much_waits_is_noticed() -> None:
    async with streams() as [stream]:
        stream.fill()
        stream.client.close()
        await until(lambda: stream.outlet.closed, "the end")
        assert stream.closed == 1


@in_loop
async def test_what_a_client_says_on_a_stream_is_dropped() -> None:
    async with streams() as [stream]:
        for _ in range(10):
            with contextlib.suppress(BlockingIOError):
                stream.client.send(CHUNK)
            await asyncio.sleep(0)
        stream.outlet.send(b"data")
        assert stream.receive() == b"data"


@in_loop
async def test_the_close_is_told_once_whoever_closes() -> None:
    async with streams() as [stream]:
        for _ in range(3):
            stream.outlet.close()
            stream.outlet.end()
            stream.outlet.send(b"x")
        stream.client.close()
        await asyncio.sleep(0.01)
        assert stream.closed == 1


@in_loop
async def test_one_that_closes_another_from_its_own_close_does_no_harm() -> None:
    """A kick may cut two streams of one person in the same turn."""
    async with streams(2) as [one, other]:
        one.on_close = other.outlet.close
        one.client.close()
        other.client.close()
        await until(lambda: one.outlet.closed and other.outlet.closed, "both ends")
        assert other.closed == 1


@in_loop
async def test_a_closed_stream_gives_its_socket_and_its_bytes_back() -> None:
    outlets = Outlets()
    stream = Stream(outlets)
    stream.fill()
    sock = weakref.ref(stream.server)
    stream.outlet.close()
    assert stream.server.fileno() == -1
    assert stream.outlet.waiting == 0
    stream.client.close()
    del stream
    gc.collect()
    assert sock() is None
    outlets.close()


@in_loop
async def test_hundreds_of_streams_come_and_go() -> None:
    async with streams(200) as many:
        for stream in many[::2]:
            stream.client.close()
        await until(lambda: all(s.outlet.closed for s in many[::2]), "half of them gone")
        for stream in many[1::2]:
            stream.outlet.send(b"still here")
            assert stream.receive() == b"still here"
        assert not any(stream.closed for stream in many[1::2])
