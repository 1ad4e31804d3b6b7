"""People who write while things break: each tries until it is accepted and keeps a ledger."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from tests.people import Person
from tests.running import until

_ATTEMPT_SECONDS = 6.0
_INSIST_SECONDS = 90.0
_LOADS = itertools.count()


@dataclass(slots=True)
class Ledger:
    """Every accepted message: nonce -> (room, id). The nonce is the body too."""

    accepted: dict[str, tuple[str, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """What no client should have met."""

    def __len__(self) -> int:
        return len(self.accepted)

    def ids(self, room: str) -> list[int]:
        """Of the messages of a room, in order."""
        return sorted(id for where, id in self.accepted.copy().values() if where == room)


def more(ledger: Ledger, messages: int = 60) -> None:
    """Wait until so many more have been accepted."""
    due = len(ledger) + messages
    until(lambda: len(ledger) >= due, 60, f"{messages} more accepted messages")


class Talker(threading.Thread):
    """Writes in ``rooms`` until `stop`, with ``pause`` seconds in between on average."""

    def __init__(
        self, person: Person, rooms: Sequence[str], ledger: Ledger, pause: float = 0.02
    ) -> None:
        super().__init__(daemon=True)
        self._person = person
        self._rooms = rooms
        self._ledger = ledger
        self._pause = pause
        self._over = threading.Event()
        self._random = random.Random(person.name)
        person.http.timeout = httpx.Timeout(_ATTEMPT_SECONDS)

    def run(self) -> None:
        number, load = 0, next(_LOADS)
        while not self._over.wait(self._random.uniform(0, 2 * self._pause)):
            nonce = f"{self._person.name} {load}.{number}"
            room = self._random.choice(self._rooms)
            try:
                id = self._person.insist(nonce, nonce, room, _INSIST_SECONDS)
            except (AssertionError, httpx.HTTPError) as error:
                self._ledger.failures.append(f"{nonce!r}: {error!r}")
                return
            self._ledger.accepted[nonce] = room, id
            number += 1

    def stop(self) -> None:
        """Say no more, once what is being said has been accepted."""
        self._over.set()
        self.join(_INSIST_SECONDS + 10)


class Load:
    """``with Load(people, rooms) as ledger``: they all talk meanwhile."""

    def __init__(
        self,
        people: Sequence[Person],
        rooms: Sequence[str] = (),
        *,
        pause: float = 0.02,
        ledger: Ledger | None = None,
    ) -> None:
        self.ledger = Ledger() if ledger is None else ledger
        self._talkers = [
            Talker(person, rooms or [person.room], self.ledger, pause) for person in people
        ]

    def __enter__(self) -> Ledger:
        for talker in self._talkers:
            talker.start()
        return self.ledger

    def __exit__(self, *error: object) -> None:
        for talker in self._talkers:
            talker.stop()
        if error[0] is None:
            assert not self.ledger.failures, self.ledger.failures
