"""A reader that takes its time over a replay of large messages, while more are said."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.faults.crowd import Member, crowd
from tests.people import Person
from tests.redis_server import in_loop, until
from tests.running import RunningServer
from tornchat.wire.sse import Decoder

LARGE = "一萬個字 " * 2000
"""10,000 characters; its event has 54 kB, so that a replay is more than the kernel buffers."""
REPLAYED, LIVE = 150, 30
STOPPED = 60
CUT_AFTER = 16
"""So many large messages are more than the kernels and the worker keep for one that stops."""


class SlowReader:
    """Takes small pieces from a socket with a small buffer, and comes back when it is cut."""

    def __init__(self, person: Person, after: int) -> None:
        self.streams = 0
        self._person = person
        self._last_id = str(after)

    def events(self, last: int) -> Iterator[int]:
        """The ids of messages, until ``last`` has come."""
        while int(self._last_id) < last:
            self.streams += 1
            yield from self._one_stream(last)

    def _one_stream(self, last: int) -> Iterator[int]:
        cookies = "; ".join(f"{k}={v}" for k, v in self._person.http.cookies.items())
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        sock.settimeout(60)
        with sock:
            sock.connect(("127.0.0.1", self._person.http.base_url.port or 80))
            sock.sendall(
                f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n"
                f"Last-Event-ID: {self._last_id}\r\n\r\n".encode()
            )
            decoder, head = Decoder(self._last_id), b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(1)
            while data := sock.recv(16_384):
                for received in decoder.feed(data):
                    self._last_id = received.id
                    if received.kind == "message":
                        yield json.loads(received.data)["id"]
                if int(self._last_id) >= last:
                    return
                time.sleep(0.005)


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    return start_server("--heartbeat", "1", "--post-rate", "0")


def test_a_replay_goes_at_the_pace_of_its_reader(server: RunningServer) -> None:
    ana = Person(server, "ana").sign_up()
    start = ana.snapshot()["cursor"]
    said = [ana.say(LARGE) for _ in range(REPLAYED)]
    reader = SlowReader(ana, start)
    assert list(reader.events(said[-1])) == said
    assert reader.streams == 1, "it is not cut for being slow"


def test_a_slow_reader_misses_nothing_of_what_is_said_meanwhile(server: RunningServer) -> None:
    ana = Person(server, "ana").sign_up()
    start = ana.snapshot()["cursor"]
    said = [ana.say(LARGE) for _ in range(REPLAYED)]
    reader = SlowReader(ana, start)
    talker = threading.Thread(target=lambda: said.extend(ana.say(LARGE) for _ in range(LIVE)))
    talker.start()
    got = list(reader.events(said[-1]))
    talker.join()
    got += reader.events(said[-1])
    assert got == said


def memory_of(pid: int) -> int:
    """Bytes that a process keeps in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_readers_that_stop_cost_little_and_are_cut_and_the_others_get_everything(
    start_server: StartServer,
) -> None:
    server = start_server("--post-rate", "0", "--max-streams", "0")
    ana = Person(server, "ana").sign_up()
    [worker] = server.workers()

    @in_loop
    async def test() -> None:
        stopped = [Member(ana) for _ in range(STOPPED)]
        others = [Member(ana) for _ in range(5)]
        async with crowd(stopped + others):
            said = [await asyncio.to_thread(ana.say, "before")]
            await until(lambda: all(member.ids for member in stopped), "the first message")
            for member in stopped:
                member.reading.clear()
            before, most = memory_of(worker), 0
            for _ in range(CUT_AFTER):
                said.append(await asyncio.to_thread(ana.say, LARGE))
                most = max(most, memory_of(worker) - before)
            await until(lambda: all(member.ids == said for member in others), "all of it", 60)
            assert most < STOPPED * 1024 * 1024
            for member in stopped:
                member.reading.set()
            await until(
                lambda: all(member.ids == said for member in stopped), "all of it, late", 60
            )
        assert all(len(member.workers) == 1 for member in others)
        assert all(len(member.workers) == 2 for member in stopped)
        # Who does not even take the goodbye for ten seconds is cut without it.
        told = [each for member in stopped for each in member.told]
        assert all(each == ("bye", {"code": "too_slow", "retry": True}) for each in told)

    test()
