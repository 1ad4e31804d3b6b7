"""A private, real redis-server for tests, on a unix socket, which they may stop, kill and empty."""

from __future__ import annotations

import asyncio
import functools
import itertools
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ParamSpec

from tornchat.domain import announcements, events
from tornchat.domain.ids import FENCE_STEP, id_at
from tornchat.domain.messages import digest_of
from tornchat.log import append, upkeep
from tornchat.log.address import Address
from tornchat.log.blocking import Conversation
from tornchat.log.client import Client
from tornchat.log.embedded import EmbeddedRedis
from tornchat.log.keys import Keys

P = ParamSpec("P")
TEST_SECONDS = 180.0
_numbers = itertools.count(1)


class RedisServer:
    """The embedded Redis on ``folder``, running."""

    def __init__(self, folder: Path) -> None:
        self._embedded = EmbeddedRedis(folder)
        self.start()

    @property
    def url(self) -> str:
        return self._embedded.url

    @property
    def socket(self) -> Path:
        return self._embedded.socket

    def ask(self, *command: str) -> Any:
        """The reply to one command, on a connection of its own."""
        with Conversation(Address.of(self.url), timeout=20) as conversation:
            return conversation.ask(*command)

    def start(self) -> None:
        self._embedded.start()
        self._embedded.wait_until_ready()

    def pause(self) -> None:
        """Stop it in its tracks: connections stay, and nobody answers."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        self._send(signal.SIGKILL)
        assert self._embedded.process is not None
        self._embedded.process.wait(60)

    def restart(self, *, empty: bool = False) -> None:
        """Another process on the same data, or on none."""
        self.kill()
        if empty:
            shutil.rmtree(self._embedded.folder / "appendonlydir")
        self.start()

    def stop(self) -> None:
        if self._embedded.exit_status() is None:
            self.go_on()
        self._embedded.stop()

    def _send(self, number: int) -> None:
        assert self._embedded.process is not None
        self._embedded.process.send_signal(number)


def in_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an ``async def`` test in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def within_bounds() -> None:
            async with asyncio.timeout(TEST_SECONDS):
                await test(*args, **kwargs)

        asyncio.run(within_bounds())

    return run


async def until(true: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Wait until ``true()``; fails with ``what`` was awaited."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not true():
        assert loop.time() < end, f"waited {seconds:g} s in vain for: {what}"
        await asyncio.sleep(0.01)


async def eventually(true: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until the answer is true; fails with ``what`` was awaited."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 60
    while not await true():
        assert loop.time() < end, f"waited 60 s in vain for: {what}"
        await asyncio.sleep(0.02)


def new_space() -> Keys:
    """Keys that no other test uses."""
    return Keys(f"test{next(_numbers)}")


@asynccontextmanager
async def open_log(redis: RedisServer, keys: Keys | None = None) -> AsyncIterator[Client]:
    """A client of a fenced log; it fences again when Redis was restarted, and keeps the mark that
    SQL keeps otherwise."""
    client = Client(redis.url, keys or new_space())
    mark = 0

    async def fence() -> None:
        nonlocal mark
        clock, now = await upkeep.clock_and_time(client)
        mark = max(clock, id_at(now), mark) + FENCE_STEP
        await upkeep.fence(client, client.run_id, mark, 0, "", FENCE_STEP)

    client.fence = fence
    try:
        await client.ensure_fenced()
        yield client
    finally:
        await client.close()


async def come_in(client: Client, user: str, *rooms: str) -> int:
    """Make ``user`` a member as an announcement does; gives the joined_id of the last room."""
    joined = 0
    for room in rooms:
        announcement = announcements.joined(room, user, user, user.title(), "member", user)
        joined = await append.announce(client, f"key{next(_numbers)}", announcement)
    return joined


async def go_out(client: Client, user: str, room: str) -> int:
    announcement = announcements.left(room, user, user)
    return await append.announce(client, f"key{next(_numbers)}", announcement)


async def say(
    client: Client,
    user: str,
    room: str,
    body: str = "hello",
    *,
    nonce: str | None = None,
    rate: float = 0,
) -> append.Appended:
    """Post a message as `chat.messages.post` does."""
    fields = events.message(room, user, body, f"<p>{body}</p>", nonce, None)
    return await append.append_message(client, fields, digest_of(body, None), rate)
