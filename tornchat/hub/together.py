"""Calls that share round trips: whoever asks while one is under way is part of the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

What = TypeVar("What")
Answer = TypeVar("Answer")

MOST_AT_ONCE = 128
"""When thousands come back at once, this many go on in one turn of the loop. Pulses, messages and
beats have their turn in between."""


class Together(Generic[What, Answer]):
    """``call`` answers many at once, in their order; at most one call is under way.

    A question is never part of a call that was made before it was asked.
    """

    def __init__(
        self, call: Callable[[list[What]], Awaitable[list[Answer]]], most: int = MOST_AT_ONCE
    ) -> None:
        self._call = call
        self._most = most
        self._waiting: list[tuple[What, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    def ask(self, what: What) -> asyncio.Future[Answer]:
        """The answer to come, or what the call raised."""
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.append((what, future))
        if self._task is None:
            self._task = self._loop.create_task(self._work())
        return future

    async def _work(self) -> None:
        try:
            while self._waiting:
                part, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                # Who was cancelled does not ask any more.
                part = [(what, future) for what, future in part if not future.done()]
                if part:
                    await self._answer(part)
        finally:
            self._task = None

    async def _answer(self, part: list[tuple[What, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._call([what for what, _ in part])
        except Exception as error:
            for _, future in part:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(part, answers, strict=True):
            if not future.done():
                future.set_result(answer)
