"""Requests that are answered in one piece: the API as an account uses it, with retries."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from probes.exchange import Base, Connection, Head, connect, request, signed

ATTEMPT_SECONDS = 4.0
_LONGEST_PAUSE = 1.0


class GivenUp(Exception):
    """A request that had to succeed did not, for as long as one was ready to wait."""


@dataclass(slots=True)
class Fetched:
    """An answer. ``status`` is 0 where there was none, and ``why`` says so; ``attempts``: how
    often it was asked; ``sent`` and ``answered``: when, of the first and the last, on the
    monotonic clock."""

    status: int = 0
    body: bytes = b""
    retry_after: float | None = None
    cookie: str = ""
    why: str = ""
    attempts: int = 1
    sent: float = 0.0
    answered: float = 0.0

    def json(self) -> Any:
        return json.loads(self.body)

    def __str__(self) -> str:
        return self.why or f"status {self.status} {code_of(self.body)}"


class _Fetching:
    """Implements `exchange.Asker`."""

    def __init__(self) -> None:
        self.answer = Fetched()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_head(self, head: Head) -> None:
        self.answer.status, self.answer.retry_after = head.status, head.retry_after
        self.answer.cookie = head.headers.get("set-cookie", "").partition(";")[0]

    def on_body(self, data: bytes) -> None:
        self.answer.body += data

    def on_end(self, why: str) -> None:
        if why:
            self.answer.status, self.answer.why = 0, why
        if not self.done.done():
            self.done.set_result(None)


class Caller:
    """Sends the requests of one account, one after another, each to a server picked by chance.

    Keeps a connection to each server for as long as that lets it.
    """

    def __init__(self, servers: Sequence[Base], chance: random.Random, cookie: str = "") -> None:
        self.cookie = cookie
        self._servers = servers
        self._chance = chance
        self._kept: dict[Base, Connection] = {}

    async def call(
        self, method: str, path: str, body: Any = None, seconds: float = ATTEMPT_SECONDS
    ) -> Fetched:
        """One attempt. What breaks is in the answer, never raised."""
        base = self._chance.choice(self._servers)
        headers = signed(self.cookie)
        payload = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            payload = json.dumps(body, ensure_ascii=False).encode()
        connection = self._kept.pop(base, None)
        fetching = _Fetching()
        try:
            async with asyncio.timeout(seconds):
                if connection is None or not connection.idle:
                    connection = await connect(base, seconds)
                connection.ask(fetching, request(base, method, path, headers, payload))
                await fetching.done
        except (TimeoutError, OSError) as error:
            if connection is not None:
                connection.close()
            return Fetched(why=str(error) or f"no answer for {seconds:g} s")
        if connection.idle:
            self._kept[base] = connection
        return fetching.answer

    async def insist(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        seconds: float = 60.0,
        attempt: float = ATTEMPT_SECONDS,
        good: Callable[[int], bool] = lambda status: 200 <= status < 300,
    ) -> Fetched:
        """Try until it is answered well. Raises `GivenUp` for a final answer or after ``seconds``;
        one attempt may take ``attempt`` seconds."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        attempts = 0
        while True:
            attempts += 1
            answer = await self.call(method, path, body, attempt)
            if good(answer.status):
                answer.attempts, answer.sent, answer.answered = attempts, begun, loop.time()
                return answer
            told = f"{method} {path}: {answer}"
            if 400 <= answer.status < 500 and answer.status != 429:
                raise GivenUp(told)
            if loop.time() - begun > seconds:
                raise GivenUp(f"{told}, after {attempts} attempts in {seconds:g} s")
            most = min(_LONGEST_PAUSE, 0.05 * 2 ** min(attempts, 10))
            await asyncio.sleep((answer.retry_after or 0.0) + self._chance.uniform(0, most))

    def close(self) -> None:
        """End the connections that are kept."""
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()


async def fetch(base: Base, method: str, path: str, cookie: str, seconds: float) -> Fetched:
    """One request on a connection of its own."""
    caller = Caller([base], random.Random(0), cookie)
    try:
        return await caller.call(method, path, seconds=seconds)
    finally:
        caller.close()


def code_of(problem: bytes) -> str:
    """The code in an RFC 9457 problem, or nothing."""
    try:
        return str(json.loads(problem)["code"])
    except (ValueError, KeyError, TypeError):
        return ""
