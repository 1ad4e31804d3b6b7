"""Many streams in one loop: each moves when it is told to, and comes back when it is cut."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.people import Person
from tests.redis_server import until
from tests.running import RunningServer
from tornchat.wire.sse import Decoder


class Member:
    """One stream of a person, and the streams that come after it.

    One that is not ``obedient`` does nothing about a `move`, as curl; one that is stopped
    (`reading` cleared) leaves what comes to the kernel.
    """

    def __init__(self, person: Person, *, obedient: bool = True) -> None:
        self.ids: list[int] = []
        """Of the messages, in the order of arrival."""
        self.workers: list[str] = []
        """Who served each of its streams."""
        self.told: list[tuple[str, dict[str, Any]]] = []
        """Every `move` and `bye`."""
        self.came: list[float] = []
        """When each stream was live, on the loop's clock."""
        self.reading = asyncio.Event()
        self.reading.set()
        self._obedient = obedient
        self._port = person.http.base_url.port or 80
        self._cookie = "; ".join(f"{k}={v}" for k, v in person.http.cookies.items())
        self._last_id = ""
        self._move_at: float | None = None

    async def follow(self) -> None:
        while True:
            with suppress(OSError):
                await self._one_stream()
            await asyncio.sleep(0.05)

    async def _one_stream(self) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", self._port))
            resume = f"Last-Event-ID: {self._last_id}\r\n" if self._last_id else ""
            request = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: {self._cookie}\r\n"
            await loop.sock_sendall(sock, f"{request}{resume}\r\n".encode())
            decoder, head = Decoder(self._last_id), b""
            self._move_at = None
            while data := await self._receive(sock):
                if b"\r\n\r\n" not in head:
                    head, _, data = (head + data).partition(b"\r\n\r\n")
                    head += b"\r\n\r\n"
                    assert head.startswith(b"HTTP/1.1 200 "), head
                for received in decoder.feed(data):
                    self._last_id = received.id
                    self._take(received.kind, json.loads(received.data))

    async def _receive(self, sock: socket.socket) -> bytes:
        """b"" at the end, and when it is time to move."""
        await self.reading.wait()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(self._move_at):
                return await loop.sock_recv(sock, 65_536)
        except TimeoutError:
            return b""

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        if kind == "hello":
            assert not data["reset"]
            self.workers.append(data["worker"])
            self.came.append(loop.time())
        elif kind == "message":
            self.ids.append(data["id"])
        elif kind in ("move", "bye"):
            self.told.append((kind, data))
            if kind == "move" and self._obedient:
                self._move_at = loop.time() + data["after_ms"] / 1000


@asynccontextmanager
async def crowd(members: list[Member]) -> AsyncIterator[None]:
    """They follow for as long as the block lasts."""
    tasks = [asyncio.ensure_future(member.follow()) for member in members]
    try:
        await until(lambda: all(member.workers for member in members), "all streams")
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def shares(members: list[Member]) -> Counter[int]:
    """How many streams the process of each worker has."""
    return Counter(int(member.workers[-1].rpartition(":")[2]) for member in members)


def assert_even(members: list[Member], workers: list[int]) -> None:
    """Each worker has what is its, up to a half of that: one that gets no CPU for a while (the
    machine may be busy) leaves what comes then to the others."""
    found, mean = shares(members), len(members) / len(workers)
    assert all(abs(found[worker] - mean) <= mean / 2 for worker in workers), found


async def until_all_serve(server: RunningServer, person: Person) -> list[int]:
    """Until every worker has taken a stream (the banner is out when the first can); the workers."""
    for _ in range(600):
        workers = server.workers()
        members = [Member(person) for _ in range(4 * len(workers))]
        async with crowd(members):
            if set(shares(members)) == set(workers):
                return workers
        await asyncio.sleep(0.1)
    raise AssertionError(f"not all of {workers} serve")
