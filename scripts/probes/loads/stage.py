"""The server of a load probe, with a few accounts and as many tokens as there are readers."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from probes.calls import GivenUp, fetch
from probes.exchange import Base
from probes.ledger import Ledger
from probes.loads.machine import Meter, is_redis, need_descriptors, need_linux
from probes.loads.notes import Ticket
from probes.loads.talk import Talk
from probes.people import Person
from probes.rig import facts
from probes.rig.children import CannotRun
from probes.rig.line import HOST
from probes.rig.node import ROOT, Node

ROOMS = 5
_SPARE_DESCRIPTORS = 500
_ANNOUNCED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Layout:
    """``streams`` of ``people`` on ``workers``, read by ``generators``. ``drain`` in seconds."""

    streams: int
    workers: int
    generators: int = 1
    people: int = 20
    drain: float = 20.0
    seed: int = 1


class Stage:
    """``async with Stage(folder, layout) as stage``: a server with its embedded Redis and SQLite.

    Everybody is in a room for all (``hall``) and in one of `ROOMS` smaller ones.
    """

    def __init__(self, folder: Path, layout: Layout) -> None:
        need_linux()
        most = max(layout.streams // layout.workers, layout.streams // layout.generators)
        need_descriptors(int(most * 1.15) + _SPARE_DESCRIPTORS)
        options = (
            *("--workers", str(layout.workers)),
            *("--drain", f"{layout.drain:g}"),
            *("--max-streams", "0", "--post-rate", "0"),
        )
        self.layout = layout
        self.node = Node("node", folder, options)
        self.base = Base(HOST, self.node.port)
        self.ledger = Ledger()
        self.people: list[Person] = []
        self.posters: list[tuple[Person, str]] = []
        self.tickets: list[Ticket] = []
        self.members: set[tuple[str, str]] = set()
        self.hall = ""
        self._data = folder / "node"
        self._held = AsyncExitStack()

    async def __aenter__(self) -> Stage:
        try:
            self._held.push_async_callback(self.node.stop)
            await self.node.start()
            await self._come_in()
            await self._take_tickets()
        except GivenUp as refused:
            await self._held.aclose()
            raise CannotRun(f"the accounts could not be made: {refused}") from None
        except BaseException:
            await self._held.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        for person in self.people:
            person.caller.close()
        await self._held.aclose()

    def talk(self, rate: float, size: int = 0, *, in_hall: bool = False) -> Talk:
        """Messages in the smaller rooms, or in the hall."""
        posters = [(p, self.hall) for p in self.people] if in_hall else self.posters
        return Talk(posters, self.ledger, rate, size)

    def meter(self, generators: Sequence[int]) -> Meter:
        """Processor time from now on."""
        children = self.node.children
        return Meter(
            {
                "workers": lambda: (pid for pid in children() if not is_redis(pid)),
                "Redis": lambda: (pid for pid in children() if is_redis(pid)),
                "readers": lambda: generators,
            }
        )

    def facts(self) -> dict[str, str]:
        """What the figures were made on."""
        return {**facts.machine(), "redis": self.node.redis, "database": "SQLite"}

    async def _come_in(self) -> None:
        chance = random.Random(f"people {self.layout.seed}")
        rooms: list[str] = []
        for number in range(self.layout.people):
            person = Person(f"person{number}", [self.base], random.Random(chance.random()))
            self.people.append(person)
            await person.sign_up()
            if number < ROOMS:
                rooms.append(await person.make_room(f"room {number}"))
            else:
                await person.join(rooms[number % ROOMS])
            self.posters.append((person, rooms[number % ROOMS]))

    async def _take_tickets(self) -> None:
        layout = self.layout
        for number, person in enumerate(self.people):
            shown = await person.snapshot()
            self.members |= {(room, person.id) for room in shown.rooms}
            mine = range(number, layout.streams, len(self.people))
            tokens = await self._tokens(person.name, len(mine)) if mine else []
            for place, token in zip(mine, tokens, strict=True):
                credential = f"Bearer {token}"
                self.tickets.append(
                    Ticket(f"{person.name}.{place}", person.id, credential, shown.cursor)
                )
        (self.hall,) = {room for room, _ in self.members} - {room for _, room in self.posters}
        # People side by side, so that whoever takes the first few takes some of everybody.
        self.tickets.sort(key=lambda ticket: int(ticket.name.partition(".")[2]))

    async def _tokens(self, name: str, count: int) -> list[str]:
        """New bearer tokens of a person, as the shell makes them."""
        command = [sys.executable, str(ROOT / "server.py"), "token", "add", name]
        command += ["--count", str(count), "--data", str(self._data)]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
        )
        out, complaint = await process.communicate()
        if process.returncode:
            raise CannotRun(f"there are no tokens: {complaint.decode('utf-8', 'replace').strip()}")
        tokens = out.decode().split()
        await self._until_known(f"Bearer {tokens[-1]}")
        return tokens

    async def _until_known(self, credential: str) -> None:
        """The server learns of new tokens in their order."""
        async with asyncio.timeout(_ANNOUNCED_SECONDS):
            while True:
                answer = await fetch(self.base, "GET", "/api/session", credential, 10.0)
                if answer.status == 200:
                    return
                await asyncio.sleep(0.1)
