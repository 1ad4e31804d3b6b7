"""What one reader of a crowd writes down: evidence for the checker, and when things happened."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from probes.client import Hooks
from probes.evidence import Seen, Step, Witness


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a reader needs: ``credential`` is a cookie or ``Bearer TOKEN``, ``start`` a cursor."""

    name: str
    user: str
    credential: str
    start: int


@dataclass(slots=True)
class Journey:
    """When one reader's streams began and ended, on the clock of `time.monotonic`, and by whose
    doing: the worker that served, and why it was over."""

    opens: list[tuple[float, str]] = field(default_factory=list)
    closes: list[tuple[float, str]] = field(default_factory=list)

    def closed_since(self, at: float) -> bool:
        """Whether a stream has ended since then."""
        return bool(self.closes) and self.closes[-1][0] >= at


@dataclass(slots=True)
class Delays:
    """Seconds from the moment a message was meant to be sent (``due``) to its arrival."""

    due: array[float] = field(default_factory=lambda: array("d"))
    seconds: array[float] = field(default_factory=lambda: array("d"))

    def extend(self, other: Delays) -> None:
        self.due.extend(other.due)
        self.seconds.extend(other.seconds)

    def between(self, begin: float, end: float) -> list[float]:
        """Those of messages that were due in this time."""
        both = zip(self.due, self.seconds, strict=True)
        return [seconds for due, seconds in both if begin <= due < end]


def nonce_of(due: float, number: int) -> str:
    """A nonce that says when its message was to be sent."""
    return f"{due:.6f}-{number}"


def due_of(nonce: str) -> float:
    """The way back from `nonce_of`."""
    return float(nonce.partition("-")[0])


class Notes(Hooks):
    """``shared`` holds one copy of each step for all readers of a process; ``changed`` is called
    with 1 when the reader becomes live and with -1 when it is not any more."""

    def __init__(
        self, ticket: Ticket, shared: dict[Step, Step], changed: Callable[[int], None]
    ) -> None:
        self.witness = Witness(ticket.name, ticket.user, ticket.start)
        self.journey = Journey()
        self.delays = Delays()
        self.live = False
        self._shared = shared
        self._changed = changed

    def opened(self, transport: str, worker: str, cursor: int) -> None:
        self.journey.opens.append((time.monotonic(), worker))
        self.witness.opened(transport, worker, cursor)
        if not self.live:
            self.live = True
            self._changed(1)

    def event(self, event: dict[str, Any]) -> None:
        now = time.monotonic()
        before = self.witness.events
        self.witness.event(event)
        if self.witness.events == before:
            return
        step = self._share()
        if isinstance(step, Seen) and step.kind == "message":
            due = due_of(step.nonce)
            self.delays.due.append(due)
            self.delays.seconds.append(now - due)

    def position(self, id: int) -> None:
        self.witness.position(id)
        self._share()

    def reset(self, low: int, high: int) -> None:
        self.witness.reset(low, high)

    def closed(self, why: str) -> None:
        self.journey.closes.append((time.monotonic(), why))
        self.witness.closed(why)
        if self.live:
            self.live = False
            self._changed(-1)

    def broken(self, what: str) -> None:
        self.witness.broken(what)

    def _share(self) -> Step:
        steps = self.witness.steps
        step = steps[-1] = self._shared.setdefault(steps[-1], steps[-1])
        return step
