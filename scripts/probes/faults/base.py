"""What all faults have in common."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from probes.cast import Member
from probes.load import Churner, Load
from probes.rig.rig import Rig, pid_of


class Unavailable(Exception):
    """The rig cannot do this; the text says what is missing."""


class DidNotStrike(Exception):
    """It was tried and came to nothing; the text says why. It does not count."""


@dataclass(slots=True)
class Scene:
    """What a fault may lay hands on. ``chance`` is its own, made from the seed; ``note`` takes a
    line for people."""

    rig: Rig
    readers: Sequence[Member]
    load: Load
    churners: Sequence[Churner]
    chance: random.Random
    note: Callable[[str], None]

    def workers(self) -> list[str]:
        """The workers that serve streams now, as the readers were told."""
        return sorted({m.reader.worker for m in self.readers if m.reader.worker})

    def node(self) -> int:
        """The number of a node, by chance, but one that serves streams where any does."""
        serving = [
            number
            for worker in self.workers()
            for number, node in enumerate(self.rig.nodes)
            if node.owns(pid_of(worker))
        ]
        return self.chance.choice(serving or range(len(self.rig.nodes)))


class Fault(ABC):
    """``needs`` names what no other fault may touch meanwhile; ``seconds`` is how long it lasts,
    healing included."""

    name: ClassVar[str]
    about: ClassVar[str]
    seconds: ClassVar[float]
    needs: ClassVar[frozenset[str]] = frozenset()

    @classmethod  # noqa: B027 - most demand nothing
    def check(cls, rig: Rig) -> None:
        """Raises `Unavailable` where this rig cannot do it."""

    @abstractmethod
    async def strike(self, scene: Scene) -> None:
        """Break it, wait, and mend it, whatever happens. Raises `DidNotStrike`."""

    async def last(self, seconds: float) -> None:
        """Let it be broken for so long."""
        await asyncio.sleep(seconds)
