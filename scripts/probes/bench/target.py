"""What the benchmark loads: a server that hands messages to subscribers, ours or a peer's.

A target says in bytes how to subscribe and how to publish, and how to find its messages in what a
subscriber receives. The client does everything else, the same for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from probes.exchange import Base

_MARKER = b"seq=%09d;"
MARKER_PATTERN = rb"seq=(?P<seq>\d{9});"
"""Part of a scanner's pattern: which message of the benchmark this is."""
USUAL_WAIT = 25.0
"""Seconds that a long poll waits for its answer, at the longest."""
_FILLER = b"The tide is in and the boats lie on the water near the old wall of the harbour. "


@dataclass(frozen=True, slots=True)
class Shape:
    """What a target is to be ready for. ``size``: bytes of each message's text; ``members``:
    accounts that subscribe and post, in turn; ``own_sessions``: whether each subscriber has a
    session of its own, and does not share its account's; ``heartbeat``, and ``wait`` of a long
    poll, in seconds; ``trips``: whether, and how many, stamped events are sent by a user of their
    own."""

    subscribers: int = 1000
    rooms: int = 1
    members: int = 20
    own_sessions: bool = False
    transport: str = "sse"
    workers: int = 1
    size: int = 200
    heartbeat: float = 25.0
    wait: float = USUAL_WAIT
    trips: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One message to publish. ``room`` and ``author`` are numbers, below those of the `Shape`."""

    seq: int
    room: int
    author: int
    text: bytes
    """ASCII without quotes, with the marker at its beginning."""


def text_of(seq: int, size: int) -> bytes:
    """A text of ``size`` bytes (at least the marker's) that says which message it is."""
    marker = _MARKER % seq
    lines = _FILLER * (size // len(_FILLER) + 1)
    # No blank at the end: a server may take it off.
    return (marker + b" " + lines)[: max(size, len(marker))].rstrip().ljust(size, b".")


Event = tuple[object, int]
"""Id and number (`Post.seq`) of a message that came. Ids are compared with each other; None where
the target gives none."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """``rest``: bytes that belong to what is to come. ``cursor``: where it is time to ask again
    (a poll was answered), with what."""

    events: tuple[Event, ...]
    rest: bytes
    cursor: bytes | None = None


Scan = Callable[[bytes], Scanned]
"""From all that came (with the head of the answer), or what was left of it and what came now, to
the messages in it. It must depend on nothing but these bytes."""


class SseScan:
    """The messages in Server-Sent Events, by one regular expression.

    ``pattern`` has the groups ``seq`` (`MARKER_PATTERN`) and, where there are ids, ``id``. It must
    match each message once, and nothing beyond the blank line at its end. ``order`` makes an id
    comparable. Chunks of HTTP/1.1 between events do no harm.
    """

    def __init__(
        self, pattern: bytes, order: Callable[[bytes], object] = int, end: bytes = b"\n\n"
    ) -> None:
        self._pattern = re.compile(pattern)
        self._order = order if "id" in self._pattern.groupindex else None
        self._end = end

    def __call__(self, data: bytes) -> Scanned:
        whole = data.rfind(self._end)
        if whole < 0:
            return Scanned((), data)
        whole += len(self._end)
        order = self._order
        events = tuple(
            (order(match["id"]) if order else None, int(match["seq"]))
            for match in self._pattern.finditer(data, 0, whole)
        )
        return Scanned(events, data[whole:])


class Target(Protocol):
    """A server under load. It is made with a `Shape`, started, loaded, and stopped; once each.

    What is missing on the machine raises `probes.rig.children.CannotRun`, which says what to do.
    """

    @property
    def name(self) -> str:
        """As on the command line and in results."""

    @property
    def transports(self) -> Collection[str]:
        """Those of `Shape.transport` that it serves."""

    @property
    def scan(self) -> Scan:
        """Finds its messages in what a subscriber receives."""

    @property
    def base(self) -> Base:
        """Where it listens, once it is started."""

    def start(self, cpus: set[int]) -> None:
        """Start server, Redis and proxy, all on these processors (`pinning.pinned`), and whatever
        accounts and rooms it needs; ready when this returns."""

    def stop(self) -> None:
        """End what was started, also where `start` failed half way."""

    def subscribe(self, number: int, cursor: bytes | None = None) -> bytes:
        """The request of a subscriber, who is to get the messages of **all** rooms.

        ``cursor``: that of `Scanned`, where a poll asks again; None for the first.
        """

    def ready(self, data: bytes) -> bool:
        """Whether a subscriber that has received this (from the head of the answer on) is being
        served: of polls, whether the first one was answered, so that there is a cursor."""

    def publish(self, post: Post) -> bytes:
        """The request that publishes a message, on a connection that is kept."""

    def published(self, status: int) -> bool:
        """Whether a publisher that is answered so has been heard."""

    def processes(self) -> Mapping[str, Sequence[int]]:
        """Pids by role (``worker``, ``redis``, ``proxy``, ``supervisor``), for processor time and
        memory; empty where the server is not ours to look at."""

    def versions(self) -> Mapping[str, str]:
        """What it is made of, and how it is set: name -> version or setting."""


@runtime_checkable
class Stamping(Protocol):
    """A target that can tell where a message's time goes, as `probes.bench.trips` asks."""

    def probe(self, nonce: str) -> bytes | None:
        """The request by which a user sends a stamped event to themselves; None where this one
        cannot, for what it stands for."""

    def follow(self, cursor: bytes | None = None) -> bytes:
        """As `Target.subscribe`, by the user who sends these."""


class NotServed(Exception):
    """A target does not do what a scenario asks; the text says what."""


TargetFactory = Callable[[Shape], Target]
"""Raises `NotServed`."""
