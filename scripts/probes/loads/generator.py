"""One process of readers, which does what its parent asks over a pipe."""

from __future__ import annotations

import asyncio
import gc
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from probes.checker import check
from probes.client import Reader, Transport
from probes.evidence import Evidence, Step
from probes.exchange import Base
from probes.ledger import Ledger
from probes.loads.notes import Delays, Journey, Notes, Ticket
from probes.violations import Violation

_LOOK_SECONDS = 0.02
_CUT_SECONDS = 10.0
_OPENING = 100
"""Readers that come in at the same time, so that those before them are served meanwhile."""


class NotInTime(Exception):
    """What was waited for did not happen; the text says what there was instead."""


@dataclass(slots=True)
class Found:
    """The report of a generator. ``delays`` are those of the readers that were never frozen."""

    violations: list[Violation] = field(default_factory=list)
    deliveries: int = 0
    visits: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    journeys: list[Journey] = field(default_factory=list)
    delays: Delays = field(default_factory=Delays)


@dataclass(slots=True)
class Stirred:
    """How often somebody was to leave, and of all who did: ``seconds`` until they were back."""

    offered: int = 0
    seconds: list[float] = field(default_factory=list)


class Generator:
    """Its public methods are what the parent may ask for; times are those of `time.monotonic`."""

    def __init__(self, base: Base, seed: str, receive_buffer: int, transport: Transport) -> None:
        self._base = base
        self._transport = transport
        self._chance = random.Random(seed)
        self._receive_buffer = receive_buffer
        self._tickets: list[Ticket] = []
        self._readers: list[Reader] = []
        self._notes: list[Notes] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._frozen = 0
        """So many of the first have been frozen at some time."""
        self._live = 0
        self._visits = 0
        """Of readers that have left and come back since."""
        self._shared: dict[Step, Step] = {}

    async def open(self, tickets: Sequence[Ticket], seconds: float) -> None:
        """Bring readers in; done when all are live."""
        end = time.monotonic() + seconds
        for ticket in tickets:
            while len(self._readers) - self._live >= _OPENING:
                self._check_time(end)
                await asyncio.sleep(_LOOK_SECONDS)
            self._begin(ticket)
        await self.live(end - time.monotonic())

    async def live(self, seconds: float) -> None:
        """Wait until all are live."""
        end = time.monotonic() + seconds
        while self._live < len(self._readers):
            self._check_time(end)
            await asyncio.sleep(_LOOK_SECONDS)

    async def reach(self, id: int, seconds: float) -> None:
        """Wait until all stand at ``id`` or behind it."""
        end = time.monotonic() + seconds
        while any(reader.cursor < id for reader in self._readers):
            self._check_time(end, f"{sum(r.cursor < id for r in self._readers)} stand before {id}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def cut(self) -> float:
        """Break all lines at once; returns when that began."""
        began = time.monotonic()
        for reader in self._readers:
            reader.cut()
        await self.lost(began, _CUT_SECONDS)
        return began

    async def lost(self, since: float, seconds: float) -> None:
        """Wait until each has lost its stream after this moment."""
        end = time.monotonic() + seconds
        while not all(notes.journey.closed_since(since) for notes in self._notes):
            self._check_time(end)
            await asyncio.sleep(_LOOK_SECONDS)

    async def freeze(self, number: int) -> None:
        """The first ``number`` stop reading."""
        self._frozen = max(self._frozen, number)
        for reader in self._readers[:number]:
            reader.freeze()

    async def thaw(self) -> None:
        """All read again."""
        for reader in self._readers:
            reader.thaw()

    async def stir(self, count: int, rate: float, away: float, seconds: float) -> Stirred:
        """For so many seconds the first ``count`` readers leave in turn, ``rate`` of them a second
        at moments by chance, and come back ``away`` seconds later with their cursors; done when
        all are back."""
        self._frozen = max(self._frozen, count)
        stirred = Stirred()
        gone: list[asyncio.Task[float]] = []
        due = time.monotonic()
        end = due + seconds
        while count and (due := due + self._chance.expovariate(rate)) < end:
            await asyncio.sleep(due - time.monotonic())
            number = stirred.offered % count
            stirred.offered += 1
            if self._notes[number].live:
                gone.append(asyncio.ensure_future(self._leave_and_return(number, away)))
        stirred.seconds = list(await asyncio.gather(*gone))
        return stirred

    async def workers(self) -> dict[str, int]:
        """How many streams each worker serves."""
        return dict(Counter(reader.worker for reader in self._readers if reader.worker))

    async def report(self, ledger: Ledger, members: set[tuple[str, str]]) -> Found:
        """Leave, and judge what was seen."""
        found = Found(visits=self._visits)
        for notes, reader in zip(self._notes, self._readers, strict=True):
            witness = notes.witness
            found.deliveries += witness.events
            found.visits += reader.visits
            found.journeys.append(notes.journey)
            found.ends.update(witness.ends)
        for notes in self._notes[self._frozen :]:
            found.delays.extend(notes.delays)
        for reader in self._readers:
            reader.leave()
        await asyncio.gather(*self._tasks)
        evidence = Evidence(ledger, [notes.witness for notes in self._notes], members)
        found.violations = check(evidence).violations
        return found

    def _begin(self, ticket: Ticket) -> None:
        self._tickets.append(ticket)
        self._notes.append(Notes(ticket, self._shared, self._count))
        self._readers.append(self._reader(len(self._readers), ticket.start))
        self._tasks.append(asyncio.ensure_future(self._readers[-1].run()))

    def _reader(self, number: int, after: int) -> Reader:
        chance = random.Random(self._chance.random())
        credential, notes = self._tickets[number].credential, self._notes[number]
        reader = Reader([self._base], credential, self._transport, after, notes, chance)
        reader.manner.receive_buffer = self._receive_buffer
        return reader

    async def _leave_and_return(self, number: int, away: float) -> float:
        """Seconds from coming back until it was live."""
        reader, notes = self._readers[number], self._notes[number]
        reader.leave()
        await self._tasks[number]
        await asyncio.sleep(away)
        self._visits += reader.visits
        began = time.monotonic()
        again = self._readers[number] = self._reader(number, reader.cursor)
        self._tasks[number] = asyncio.ensure_future(again.run())
        while not notes.live and not again.failure:  # noqa: ASYNC110 - it is looked at as a whole
            await asyncio.sleep(_LOOK_SECONDS)
        return notes.journey.opens[-1][0] - began

    def _count(self, change: int) -> None:
        self._live += change

    def _check_time(self, end: float, what: str = "") -> None:
        failed = [reader.failure for reader in self._readers if reader.failure]
        if failed:
            raise NotInTime(f"{len(failed)} readers gave up, the first because of {failed[0]}")
        if time.monotonic() > end:
            ends = Counter(why for notes in self._notes for why in notes.witness.ends.elements())
            said = ", ".join(f"{count} x {why}" for why, count in ends.most_common(4))
            raise NotInTime(what or f"{self._live} of {len(self._readers)} are live; ends: {said}")


def main(
    pipe: Connection, base: Base, seed: str, receive_buffer: int, transport: Transport
) -> None:
    """Serve the parent until it closes the pipe."""
    # A Ctrl-C is for the parent, which ends things in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Hundreds of thousands of notes are kept to the end, and looking through them takes long.
    gc.disable()
    asyncio.run(_serve(pipe, Generator(base, seed, receive_buffer, transport)))


async def _serve(pipe: Connection, generator: Generator) -> None:
    while True:
        try:
            verb, given = await asyncio.to_thread(pipe.recv)
        except (EOFError, OSError):
            return
        answer: Any
        try:
            answer = await getattr(generator, verb)(*given)
        except NotInTime as wrong:
            answer = wrong
        await asyncio.to_thread(pipe.send, answer)
