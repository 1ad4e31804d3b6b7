"""All readers of a run, in as many processes as it takes to hold them without being the limit."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from probes.client import Transport
from probes.exchange import Base
from probes.ledger import Ledger
from probes.loads import generator
from probes.loads.generator import Found, NotInTime, Stirred
from probes.loads.notes import Ticket
from probes.rig.children import CannotRun
from probes.violations import Violation

_SLACK_SECONDS = 60.0
_END_SECONDS = 10.0


class Crowd:
    """``async with Crowd(base, processes, seed) as crowd``. What is asked of it raises `NotInTime`
    where it does not happen, and `CannotRun` where a process has died."""

    def __init__(
        self,
        base: Base,
        processes: int,
        seed: int,
        receive_buffer: int = 0,
        transport: Transport = Transport.SSE,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for number in range(processes):
            ours, theirs = context.Pipe()
            given = (theirs, base, f"{seed} {number}", receive_buffer, transport)
            process = context.Process(target=generator.main, args=given, daemon=True)
            self._pipes.append(ours)
            self._processes.append(process)
            process.start()
            theirs.close()

    async def __aenter__(self) -> Crowd:
        return self

    async def __aexit__(self, *error: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            await asyncio.to_thread(process.join, 0.1 if error[0] else _END_SECONDS)
            process.kill()
            await asyncio.to_thread(process.join)

    @property
    def pids(self) -> list[int]:
        return [process.pid or 0 for process in self._processes]

    async def open(self, tickets: Sequence[Ticket], seconds: float) -> None:
        """Bring readers in; done when all are live."""
        count = len(self._pipes)
        parts = [(tickets[number::count], seconds) for number in range(count)]
        await self._ask("open", parts, seconds)

    async def live(self, seconds: float) -> None:
        """Wait until all are live."""
        await self._ask_all("live", seconds, seconds=seconds)

    async def reach(self, id: int, seconds: float) -> None:
        """Wait until all have got everything up to ``id``."""
        await self._ask_all("reach", id, seconds, seconds=seconds)

    async def cut(self) -> float:
        """Break all lines at once; returns when that began."""
        return float(min(await self._ask_all("cut")))

    async def lost(self, since: float, seconds: float) -> None:
        """Wait until each has lost its stream after this moment."""
        await self._ask_all("lost", since, seconds, seconds=seconds)

    async def freeze(self, number: int) -> None:
        """So many stop reading, the same ones each time."""
        await self._ask("freeze", [(part,) for part in self._parts(number)])

    async def thaw(self) -> None:
        """All read again."""
        await self._ask_all("thaw")

    async def stir(self, count: int, rate: float, away: float, seconds: float) -> Stirred:
        """As `Generator.stir`, all together."""
        share = rate / len(self._pipes)
        given = [(part, share, away, seconds) for part in self._parts(count)]
        whole = Stirred()
        for part in await self._ask("stir", given, seconds + away):
            whole.offered += part.offered
            whole.seconds += part.seconds
        return whole

    async def workers(self) -> dict[str, int]:
        """How many streams each worker serves, by their names."""
        found: Counter[str] = Counter()
        for part in await self._ask_all("workers"):
            found.update(part)
        return dict(found)

    async def report(self, ledger: Ledger, members: set[tuple[str, str]]) -> Found:
        """Leave; what was seen, and what was wrong with it."""
        whole = Found()
        parts: list[Found] = await self._ask_all("report", ledger, members, seconds=300)
        wrong: dict[Violation, None] = {}
        for part in parts:
            wrong.update(dict.fromkeys(part.violations))
            whole.deliveries += part.deliveries
            whole.visits += part.visits
            whole.ends.update(part.ends)
            whole.journeys += part.journeys
            whole.delays.extend(part.delays)
        whole.violations = list(wrong)
        return whole

    def _parts(self, number: int) -> list[int]:
        """How many of so many readers each process has."""
        count = len(self._pipes)
        return [(number + count - 1 - place) // count for place in range(count)]

    async def _ask_all(self, verb: str, *given: object, seconds: float = 0.0) -> list[Any]:
        return await self._ask(verb, [given] * len(self._pipes), seconds)

    async def _ask(
        self, verb: str, given: Sequence[tuple[object, ...]], seconds: float = 0.0
    ) -> list[Any]:
        """Ask each process, with its own part of what is given."""
        for pipe, part in zip(self._pipes, given, strict=True):
            pipe.send((verb, part))
        answers = await asyncio.gather(
            *(asyncio.to_thread(_answer, pipe, seconds + _SLACK_SECONDS) for pipe in self._pipes)
        )
        for answer in answers:
            if isinstance(answer, NotInTime):
                raise answer
        return answers


def _answer(pipe: Connection, seconds: float) -> Any:
    try:
        if pipe.poll(seconds):
            return pipe.recv()
    except (EOFError, OSError):
        pass
    raise CannotRun("a process of readers has died or hangs")
