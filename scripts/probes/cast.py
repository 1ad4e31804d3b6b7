"""Who takes part in a run: everybody's accounts and rooms, and readers of every kind."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from probes.client import Manner, Reader, Transport
from probes.evidence import Witness
from probes.exchange import Base
from probes.ledger import Ledger
from probes.load import Churner
from probes.people import Person

_SMALL_BUFFER = 8192
_LONG_POLL_SECONDS = 5.0
_AT_ONCE = 4


class Kind(StrEnum):
    """How a reader behaves."""

    STEADY = "steady"
    RESTLESS = "restless"
    """Cuts its own line every few seconds."""
    ABSENT = "absent"
    """Goes away for some seconds, comes back for some."""
    WANDERER = "wanderer"
    """Comes back by another transport each time."""
    SLOW = "slow"
    """Has a small buffer, and takes little when it is told to."""
    FROZEN = "frozen"
    """Has a small buffer, and stops when it is told to."""
    WALKER = "walker"
    """Its account is taken out of rooms and put back."""


@dataclass(slots=True)
class Member:
    """A reader of the run, and what it saw."""

    kind: Kind
    reader: Reader
    witness: Witness
    chance: random.Random
    transports: Sequence[Transport]
    """Those that a wanderer chooses from."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self) -> None:
        """Read, and live as its kind does."""
        self.tasks = [asyncio.ensure_future(self.reader.run())]
        life = {
            Kind.RESTLESS: self._restless,
            Kind.ABSENT: self._absent,
            Kind.WANDERER: self._wander,
        }.get(self.kind)
        if life is not None:
            self.tasks.append(asyncio.ensure_future(life()))

    def settle(self) -> None:
        """Only read from now on."""
        for task in self.tasks[1:]:
            task.cancel()
        self.reader.thaw()

    async def end(self) -> None:
        self.settle()
        self.reader.leave()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _restless(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(1.0, 5.0))
            self.reader.cut()

    async def _absent(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(2.0, 5.0))
            self.reader.freeze()
            self.reader.cut()
            await asyncio.sleep(self.chance.uniform(1.0, 6.0))
            self.reader.thaw()

    async def _wander(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.5, 3.0))
            self.reader.transport = self.chance.choice(self.transports)
            self.reader.cut()


class Cast:
    """Everybody of one run on ``servers``; ``direct`` are the same without lines before them.

    ``name`` is put before the names of accounts and rooms, so that runs can share a rig.
    """

    def __init__(
        self, name: str, servers: Sequence[Base], direct: Sequence[Base], seed: int
    ) -> None:
        self.ledger = Ledger()
        self.members: list[Member] = []
        self.rooms: list[str] = []
        self.inside: set[tuple[str, str]] = set()
        """(room, user) of everybody who is in a room when the readers begin."""
        self.churners: list[Churner] = []
        self.owner = self._person(f"{name}-owner", servers, seed)
        self.start = 0
        self._name = name
        self._servers = servers
        self._direct = direct
        self._seed = seed
        self._chance = random.Random(f"cast {seed}")
        self._posters: list[Person] = []
        self._followers: list[Person] = []
        self._walkers: list[Person] = []
        self._rooms_of: dict[str, list[str]] = {}
        self._private: set[str] = set()

    @property
    def people(self) -> list[Person]:
        return [self.owner, *self._posters, *self._followers, *self._walkers]

    def posters(self) -> list[tuple[Person, list[str]]]:
        """Who posts, and where."""
        return [(person, self._rooms_of[person.id]) for person in self._posters]

    async def come_in(self, posters: int, followers: int, walkers: int, rooms: int) -> None:
        """Sign everybody up and put them into rooms. Raises `GivenUp`."""
        self._posters = self._people("poster", posters)
        self._followers = self._people("follower", followers)
        self._walkers = self._people("walker", walkers)
        await self.owner.sign_up()
        # A few at a time: hashing a password is dear on purpose.
        for few in batched(self.people[1:], _AT_ONCE):
            await asyncio.gather(*(person.sign_up() for person in few))
        for number in range(rooms):
            private = number % 4 == 3
            name = f"{self._name} room {number + 1}"
            room = await self.owner.make_room(name, private=private)
            self.rooms.append(room)
            if private:
                self._private.add(room)
        for few in batched(self.people[1:], _AT_ONCE):
            await asyncio.gather(*(self._enter_rooms(person) for person in few))
        for number, walker in enumerate(self._walkers):
            room = self.rooms[number % 2]
            chance = random.Random(f"churn {self._seed} {number}")
            self.churners.append(Churner(self.owner, walker, room, self.ledger, chance))

    async def open_readers(
        self, transports: Sequence[Transport], kinds: Sequence[Kind], copies: int = 1
    ) -> None:
        """A reader of each kind by each transport, from one snapshot on."""
        snapshots = {person.id: await person.snapshot() for person in self.people}
        self.inside = {(room, user) for user, shown in snapshots.items() for room in shown.rooms}
        self.start = max(shown.cursor for shown in snapshots.values())
        turns = {Kind.WALKER: self._walkers}
        for number, (kind, transport) in enumerate(
            (wanted, way)
            for wanted in kinds
            for way in transports
            for _ in range(copies if wanted is Kind.STEADY else 1)
        ):
            group = turns.get(kind, [self.owner, *self._followers])
            person = group[number % len(group)]
            name = f"{kind}-{transport}-{number + 1}"
            self._open(name, person, kind, transport, transports, snapshots[person.id].cursor)

    def _open(
        self,
        name: str,
        person: Person,
        kind: Kind,
        transport: Transport,
        transports: Sequence[Transport],
        after: int,
    ) -> None:
        chance = random.Random(f"{self._seed} {name}")
        small = kind in (Kind.SLOW, Kind.FROZEN)
        manner = Manner(
            wait=_LONG_POLL_SECONDS,
            poll_pause=chance.uniform(0.2, 0.6),
            receive_buffer=_SMALL_BUFFER if small else 0,
        )
        witness = Witness(name, person.id, after)
        servers = self._direct if small else self._servers
        cookie = person.caller.cookie
        reader = Reader(servers, cookie, transport, after, witness, chance, manner)
        self.members.append(Member(kind, reader, witness, chance, transports))

    async def _enter_rooms(self, person: Person) -> None:
        chance = random.Random(f"rooms {self._seed} {person.name}")
        if person in self._walkers:
            mine = [self.rooms[self._walkers.index(person) % 2], *self.rooms[2:3]]
        else:
            mine = chance.sample(self.rooms, max(2, len(self.rooms) * 6 // 10))
        self._rooms_of[person.id] = mine
        for room in mine:
            if room in self._private:
                await self.owner.join(room, person.id)
            else:
                await person.join(room)

    def _people(self, role: str, count: int) -> list[Person]:
        return [
            self._person(f"{self._name}-{role}{number + 1}", self._servers, self._seed)
            for number in range(count)
        ]

    @staticmethod
    def _person(name: str, servers: Sequence[Base], seed: int) -> Person:
        return Person(name, servers, random.Random(f"{seed} {name}"))

    def close(self) -> None:
        for person in self.people:
            person.caller.close()


def batched(people: Sequence[Person], size: int) -> Iterator[Sequence[Person]]:
    """In groups of at most ``size``."""
    for start in range(0, len(people), size):
        yield people[start : start + size]
