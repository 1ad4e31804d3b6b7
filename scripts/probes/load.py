"""People who write, and people who are taken out of rooms and put back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress

from probes.calls import GivenUp
from probes.ledger import Ledger, Moved
from probes.people import Person

_LONG = 2500
_DEVICES = 5
"""From which each poster writes at the same time."""
_WORDS = (
    *(
        "garden",
        "**bold**",
        "`code`",
        "naïve",
        "手紙を書く",
        "🌊🌱",
        "data: x",
        "id: 1",
        "<b>no</b>",
    ),
    *("https://example.org/a?b=c", "semua", "&amp;", "zwölf", "event: bye", "a\u2028b", '"quoted"'),
)


class Load:
    """Posters who write in rooms until `stop`; all that is accepted goes into the ledger.

    ``rate`` is posts per second, all together. While ``long`` is set messages are long.
    """

    def __init__(self, ledger: Ledger, rate: float, seed: int) -> None:
        self.long = False
        self._ledger = ledger
        self._rate = rate
        self._seed = seed
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, posters: Sequence[tuple[Person, Sequence[str]]]) -> None:
        """Each person writes in rooms of theirs."""
        pause = len(posters) * _DEVICES / self._rate
        self._tasks = [
            asyncio.ensure_future(self._post(person, f"{person.name}.{device}", rooms, pause))
            for person, rooms in posters
            for device in range(_DEVICES)
        ]

    async def stop(self) -> None:
        """No more, once what is being said has been accepted."""
        self._over.set()
        await asyncio.gather(*self._tasks)

    def abort(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _post(self, person: Person, name: str, rooms: Sequence[str], pause: float) -> None:
        chance = random.Random(f"{self._seed} {name}")
        device = person.twin(chance)
        try:
            await self._post_from(device, name, rooms, pause, chance)
        finally:
            device.caller.close()

    async def _post_from(
        self,
        device: Person,
        name: str,
        rooms: Sequence[str],
        pause: float,
        chance: random.Random,
    ) -> None:
        number = 0
        while not await self._rest(chance.expovariate(1 / pause)):
            number += 1
            nonce = f"{name}-{number}"
            try:
                said = await device.say(chance.choice(rooms), self._body(nonce, chance), nonce)
            except GivenUp as refused:
                self._ledger.refused.append(str(refused))
                return
            self._ledger.accepted.append(said)

    def _body(self, nonce: str, chance: random.Random) -> str:
        words = [nonce, *chance.choices(_WORDS, k=chance.randint(1, 20))]
        if self.long:
            words.append("long " * chance.randint(_LONG // 10, _LONG // 5) + ".")
        return " ".join(words)

    async def _rest(self, seconds: float) -> bool:
        """Whether it is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()


class Churner:
    """Takes one walker out of a room and puts them back, or has them do it themselves."""

    def __init__(
        self, owner: Person, walker: Person, room: str, ledger: Ledger, chance: random.Random
    ) -> None:
        self.moves = 0
        self._owner = owner
        self._walker = walker
        self._room = room
        self._ledger = ledger
        self._chance = chance

    async def churn(self, end: float) -> None:
        """Out and in again until ``end`` on the loop's clock; in the end the walker is inside."""
        loop = asyncio.get_running_loop()
        while loop.time() < end:
            for joined in (False, True):
                await asyncio.sleep(self._chance.uniform(0.05, 0.5))
                try:
                    await self._move(joined)
                except GivenUp as refused:
                    self._ledger.refused.append(str(refused))
                    return

    async def _move(self, joined: bool) -> None:
        who, whom = self._chance.choice([(self._owner, self._walker.id), (self._walker, "me")])
        await (who.join if joined else who.leave)(self._room, whom)
        self._ledger.moves.append(Moved(self._room, self._walker.id, joined))
        self.moves += 1
