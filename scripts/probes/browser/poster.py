"""Somebody who posts at even distances, whatever becomes of the posts: an open loop."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from probes.bench.target import text_of
from probes.calls import Caller
from probes.exchange import Base
from probes.people import Person


@dataclass(slots=True)
class Posts:
    """By number: when each was meant to be sent, was sent, and was answered (ns of
    `time.monotonic_ns`), and the id that it was given. ``refusals``: what else was answered."""

    due: dict[int, int] = field(default_factory=dict)
    sent: dict[int, int] = field(default_factory=dict)
    answered: dict[int, int] = field(default_factory=dict)
    ids: dict[int, int] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)


class Poster:
    """Writes into one room, messages with numbers from ``start`` on. An answer that takes long
    keeps no other post waiting: it gets another connection."""

    def __init__(self, person: Person, base: Base, room: str, size: int, start: int = 0) -> None:
        self.posts = Posts()
        self.next = start
        self._person = person
        self._base = base
        self._path = f"/api/rooms/{room}/messages"
        self._size = size
        self._idle: list[Caller] = []

    async def run(self, rate: float, seconds: float) -> None:
        """So many a second, for so long, until each is answered."""
        began = time.monotonic_ns()
        count = max(1, round(rate * seconds))
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                due = began + round(number / rate * 1e9)
                await asyncio.sleep(max(0.0, (due - time.monotonic_ns()) / 1e9))
                group.create_task(self.post(due))

    async def post(self, due: int) -> int:
        """The next message; gives its number."""
        posts = self.posts
        seq, self.next = self.next, self.next + 1
        posts.due[seq] = due
        caller = self._idle.pop() if self._idle else self._new()
        body = {"body": text_of(seq, self._size).decode(), "nonce": f"browser-{seq}"}
        posts.sent[seq] = time.monotonic_ns()
        answer = await caller.call("POST", self._path, body)
        posts.answered[seq] = time.monotonic_ns()
        self._idle.append(caller)
        if answer.status == 201:
            posts.ids[seq] = answer.json()["id"]
        else:
            posts.refusals[str(answer)] += 1
        return seq

    def close(self) -> None:
        for caller in self._idle:
            caller.close()

    def _new(self) -> Caller:
        return Caller([self._base], random.Random(0), self._person.caller.cookie)
