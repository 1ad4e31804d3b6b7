"""A herd: hundreds of streams at once, each of which comes back by itself as a browser's does."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from types import TracebackType
from typing import Any

from tests.people import Person
from tests.running import RunningServer
from tornchat.wire.sse import Decoder

#: The environment of a server that lets one person have as many streams as the test wants.
NO_LIMITS = {"TORNCHAT_MAX_STREAMS": "0", "TORNCHAT_MAX_STREAMS_PER_ADDRESS": "0"}


class Herd:
    """``async with Herd(server, person, 400) as herd``: all of them are live in the block."""

    def __init__(self, server: RunningServer, person: Person, size: int) -> None:
        self.size = size
        self.messages: list[list[int]] = [[] for _ in range(size)]
        """What each has seen: the ids of the messages, in the order of arrival."""
        self.workers: dict[int, int] = {}
        """The process that serves each of those that have a stream now."""
        self.failures: list[str] = []
        cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
        self._port = server.port
        self._head = (
            "GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
            f"Cookie: {cookie}\r\n"
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._random = random.Random(size)

    def shares(self) -> Counter[int]:
        """How many streams each worker has."""
        return Counter(self.workers.values())

    def even(self, workers: list[int]) -> bool:
        """Whether all are live, on these workers, each within a quarter of the mean."""
        mean = self.size / len(workers)
        shares = self.shares()
        return set(shares) == set(workers) and all(
            abs(share - mean) <= mean / 4 for share in shares.values()
        )

    async def wait(self, true: Any, what: str, seconds: float = 30) -> None:
        """Until ``true()``; fails with ``what`` was awaited."""
        for _ in range(int(seconds / 0.05)):
            if true():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"no {what}; {self.shares()}, {self.failures[:3]}")

    async def __aenter__(self) -> Herd:
        self._tasks = [asyncio.ensure_future(self._one(number)) for number in range(self.size)]
        await self.wait(lambda: len(self.workers) == self.size, "hello for everybody")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self, number: int) -> None:
        last_id = ""
        while True:
            try:
                last_id = await self._read(number, last_id)
            except (OSError, asyncio.IncompleteReadError):
                pass  # refused or cut
            finally:
                self.workers.pop(number, None)
            await asyncio.sleep(self._random.uniform(0, 0.3))

    async def _read(self, number: int, last_id: str) -> str:
        """One stream to its end; the last id."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            known = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
            writer.write(f"{self._head}{known}\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.partition(b"\r\n")[0]:
                self.failures.append(head.decode("latin-1"))
                return last_id
            decoder = Decoder(last_id)
            while data := await reader.read(65536):
                for event in decoder.feed(data):
                    last_id = event.id
                    if event.kind == "hello":
                        self.workers[number] = int(json.loads(event.data)["worker"].split(":")[1])
                    elif event.kind == "message":
                        self.messages[number].append(int(event.id))
                    elif event.kind == "move":
                        await asyncio.sleep(json.loads(event.data)["after_ms"] / 1000)
                        return last_id
            return last_id
        finally:
            writer.close()


async def until_all_serve(server: RunningServer, person: Person) -> list[int]:
    """Wait until every worker has taken a stream; returns them. The banner is out when the first
    is ready."""
    for _ in range(200):
        workers = server.workers()
        async with Herd(server, person, 4 * len(workers)) as herd:
            if set(herd.shares()) == set(workers):
                return workers
        await asyncio.sleep(0.1)
    raise AssertionError(f"not all of {workers} serve")
