"""The ledger: what the servers have promised to deliver."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that was answered with 200 or 201. Times are on one clock, in seconds; ``sent``
    is that of the first attempt."""

    room: str
    id: int
    nonce: str
    author: str
    digest: int
    sent: float = 0.0
    answered: float = 0.0
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody was put into a room or taken out of it, and the server said that it is so."""

    room: str
    user: str
    joined: bool


@dataclass(slots=True)
class Ledger:
    """``moves`` in the order in which they were answered."""

    accepted: list[Accepted] = field(default_factory=list)
    moves: list[Moved] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Requests that a correct client gave up."""

    def of_room(self, room: str) -> list[Accepted]:
        """The messages of a room in the order of their ids."""
        return sorted((a for a in self.accepted if a.room == room), key=lambda a: a.id)


def digest_of(body: str) -> int:
    """Enough of a body to notice another one."""
    return zlib.crc32(body.encode())


def by_id(accepted: Iterable[Accepted]) -> dict[int, Accepted]:
    return {message.id: message for message in accepted}
