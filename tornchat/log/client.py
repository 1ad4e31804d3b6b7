"""The command side of a worker: one connection at a time, scripts, and the duty to fence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import hiredis

from tornchat.domain.errors import LogAway
from tornchat.log.connection import Argument, Connection, connect
from tornchat.log.keys import Keys
from tornchat.log.scripts import script

FENCE_SECONDS = 10.0
_REFUSALS = ("LOADING", "OOM", "MISCONF", "READONLY", "MASTERDOWN", "NOREPLICAS", "BUSY")


class Client:
    """Calls Redis. A call that cannot be answered raises `LogAway`; whether it was carried out is
    then unknown, so what must not happen twice carries its own key (a nonce, an announcement's
    key).

    ``fence`` is called when Redis turns out to be a process that the log is not yet fenced for; the
    call that met it waits for the fence and is then made once more.
    """

    def __init__(self, url: str, keys: Keys) -> None:
        self.keys = keys
        self.fence: Callable[[], Awaitable[None]] | None = None
        self._url = url
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None
        self._fencing: asyncio.Task[None] | None = None

    @property
    def run_id(self) -> str:
        """Of the Redis process that was reached last; "" before the first."""
        return self._connection.run_id if self._connection else ""

    async def call(self, *command: Argument) -> Any:
        """The reply to one command."""
        return (await self.calls([command]))[0]

    async def calls(self, commands: list[tuple[Argument, ...]]) -> list[Any]:
        """Replies to commands that are carried out in this order, in one round trip."""
        connection = await self._ready()
        try:
            return list(await asyncio.gather(*(connection.call(*command) for command in commands)))
        except hiredis.ReplyError as error:
            raise _as_away(error) from error

    async def script(self, name: str, keys: list[str], args: list[Argument]) -> Any:
        """Run ``lua/<name>.lua``, on a fenced log where the script asks for one."""
        try:
            return await self._run(name, keys, args)
        except hiredis.ReplyError as error:
            if not str(error).startswith("UNFENCED"):
                raise _as_away(error) from error
        await self.ensure_fenced()
        try:
            return await self._run(name, keys, args)
        except hiredis.ReplyError as error:
            raise LogAway("The log was lost and is being put in order. Try again.") from error

    async def ensure_fenced(self) -> None:
        """Fence the log unless it is; callers at the same time share one fence."""
        if self.fence is None:
            raise LogAway()
        if self._fencing is None or self._fencing.done():
            self._fencing = asyncio.ensure_future(self.fence())
        try:
            async with asyncio.timeout(FENCE_SECONDS):
                await asyncio.shield(self._fencing)
        except TimeoutError:
            raise LogAway() from None

    async def close(self) -> None:
        if self._fencing is not None:
            self._fencing.cancel()
        if self._connection is not None:
            self._connection.close()

    async def _run(self, name: str, keys: list[str], args: list[Argument]) -> Any:
        connection = await self._ready()
        found = script(name)
        own: list[Argument] = [connection.run_id] if found.fenced else []
        try:
            return await connection.call("EVALSHA", found.sha, len(keys), *keys, *own, *args)
        except hiredis.ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return await connection.call("EVAL", found.text, len(keys), *keys, *own, *args)

    async def _ready(self) -> Connection:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.ensure_future(connect(self._url))
        # Shielded: one caller that gives up must not take the connection from the others.
        self._connection = await asyncio.shield(self._connecting)
        return self._connection


def _as_away(error: hiredis.ReplyError) -> Exception:
    """A Redis that is there and will not work is away as well; any other refusal is our mistake."""
    if str(error).startswith(_REFUSALS):
        return LogAway(f"Redis refuses: {error}")
    return error
