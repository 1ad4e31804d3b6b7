"""Messages at a steady rate, each at its own moment whether or not the one before is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from probes.calls import GivenUp
from probes.ledger import Ledger
from probes.loads.notes import nonce_of
from probes.people import Person

_FILLING = "All work and no play makes a dull chat. "


class Talk:
    """``rate`` is messages per second, all together; ``size`` the characters of each, at least.

    ``posters`` take turns: each person writes in the room beside it. All that is accepted goes into
    the ledger, what was not into its ``refused``.
    """

    def __init__(
        self, posters: Sequence[tuple[Person, str]], ledger: Ledger, rate: float, size: int = 0
    ) -> None:
        self._posters = posters
        self._ledger = ledger
        self._rate = rate
        self._size = size
        self._number = 0
        self._saying: set[asyncio.Task[int | None]] = set()
        self._talking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._talking = asyncio.ensure_future(self._talk())

    async def stop(self) -> None:
        """No more, once all that was said is answered."""
        if self._talking is not None:
            self._talking.cancel()
            with suppress(asyncio.CancelledError):
                await self._talking
            self._talking = None
        await asyncio.gather(*self._saying)

    async def say_now(self, person: Person, room: str) -> int:
        """One message at once; returns its id. Raises `GivenUp` where it is refused."""
        id = await self._say(person, room, time.monotonic())
        if id is None:
            raise GivenUp(self._ledger.refused[-1])
        return id

    @property
    def newest(self) -> int:
        """The highest id that was accepted."""
        return max((message.id for message in self._ledger.accepted), default=0)

    async def _talk(self) -> None:
        begun = time.monotonic()
        turn = 0
        while True:
            due = begun + turn / self._rate
            await asyncio.sleep(due - time.monotonic())
            person, room = self._posters[turn % len(self._posters)]
            task = asyncio.ensure_future(self._say(person, room, due))
            self._saying.add(task)
            task.add_done_callback(self._saying.discard)
            turn += 1

    async def _say(self, person: Person, room: str, due: float) -> int | None:
        self._number += 1
        nonce = nonce_of(due, self._number)
        body = nonce + " " + _FILLING * (-(-self._size // len(_FILLING)))
        try:
            accepted = await person.say(room, body, nonce)
        except GivenUp as refused:
            self._ledger.refused.append(str(refused))
            return None
        self._ledger.accepted.append(accepted)
        return accepted.id
