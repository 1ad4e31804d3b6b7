"""What the study measures: the cells of its matrix, and how long they take.

A cell is one `Scenario`, run some times. Its name is the *part* of the study to which it belongs;
all parts have everybody in one room, twenty of them write, and texts have 200 bytes.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from probes.bench.scenarios import Scenario

PUSHED = ("sse", "websocket", "long-poll")
POLLED = "short-poll"
INTERVAL = 1.0
"""Seconds between short polls, where nothing else is looked at."""
MEMBERS, RATE = 100, 20.0
"""Of the middle cell, which all others vary: subscribers, and messages a second to all of them."""
_WRITERS = 20
ABOUT = {
    "base": "the four transports side by side, in the middle of the matrix",
    "rate": "more and fewer messages a second",
    "members": "more and fewer members of the room",
    "polling": "short polls at other intervals, in a busy and in a quiet room",
    "network": "a network between client and server: delay, loss, TLS, HTTP/2",
    "wire": "fifty polls for each message: what is asked in vain",
    "capacity": "as many messages as come through",
    "scale": "the largest room within a limit, for one, two and three nodes",
    "idle": "members who only listen, while nothing is said",
    "nodes": "the largest room of one node within a limit, by each transport",
}
"""Part -> what it varies."""
NETWORKS = ("delay 20 ms jitter 5 ms loss 0 %", "delay 20 ms jitter 5 ms loss 1 %")
HOPS = ("proxies", "tls", "h2")

_SHORT = ("--seconds", "1.5", "--warm-up", "0.5", "--precision", "0.2")
_IDLE = ("idle", "--members", "300", "--heartbeat", "3", "--seconds", "6", "--runs", "2")
_SEARCH = ("--part", "capacity", *_SHORT)
"""Of `scripts/lab scale`."""
_MANY = 1000
"""More repetitions than there are."""
_START_SECONDS = 5.0
_OWN_SECONDS = 0.8
_CONNECT_SECONDS = 1 / 700
_TRIP_SECONDS = 0.11


@dataclass(frozen=True, slots=True)
class Cell:
    """``runs``: how often; each with a seed of its own. Cells with the same `block` differ in the
    transport alone, and take turns, run by run."""

    scenario: Scenario
    runs: int

    @property
    def part(self) -> str:
        return self.scenario.name

    def scenario_of(self, number: int, seed: int) -> Scenario:
        """That of one repetition: what is left to chance shall not be the same in all."""
        return replace(self.scenario, seed=_MANY * seed + number)

    @property
    def block(self) -> str:
        """All that is asked but for the transport, and what comes with it."""
        own = ("transport", "interval", "seconds", "warm_up")
        return repr([(k, v) for k, v in self.scenario.parameters().items() if k not in own])

    @property
    def seconds(self) -> float:
        """What one run takes, about. Whoever polls hears of everything an interval later: before
        the run, and after it."""
        one = self.scenario
        waits = 2 * (one.interval or 0.0)
        trips = (one.trips or 0) * _TRIP_SECONDS
        connecting = one.subscribers * _CONNECT_SECONDS
        return one.seconds + one.warm_up + waits + trips + connecting + _OWN_SECONDS


@dataclass(frozen=True, slots=True)
class Piece:
    """A part that another probe of the lab makes, with these words on its command line; about
    ``seconds`` long. Its seed and its file come on top."""

    part: str
    words: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """``name`` is that of the form: full, quick, or whatever a test makes."""

    name: str
    cells: tuple[Cell, ...]
    pieces: tuple[Piece, ...] = ()

    def only(self, parts: Collection[str]) -> Matrix:
        """That of some parts."""
        return Matrix(
            self.name,
            tuple(cell for cell in self.cells if cell.part in parts),
            tuple(piece for piece in self.pieces if piece.part in parts),
        )

    @property
    def parts(self) -> list[str]:
        """In their order."""
        cells, pieces = [one.part for one in self.cells], [one.part for one in self.pieces]
        return list(dict.fromkeys(cells + pieces))

    @property
    def runs(self) -> int:
        return sum(cell.runs for cell in self.cells)

    def turns(self, seed: int) -> Iterator[tuple[int, Cell]]:
        """Number of the repetition, and a cell: repetition by repetition, in each of them block by
        block in an order by chance, and in each block the transports in an order by chance."""
        for number in range(1, 1 + max((cell.runs for cell in self.cells), default=0)):
            chance = random.Random(f"{seed}-{number}")
            blocks: dict[str, list[Cell]] = {}
            for cell in self.cells:
                if number <= cell.runs:
                    blocks.setdefault(cell.block, []).append(cell)
            order = list(blocks.values())
            chance.shuffle(order)
            for block in order:
                chance.shuffle(block)
                yield from ((number, cell) for cell in block)

    def estimate(self, left: Iterable[tuple[int, Cell]]) -> float:
        """Seconds that these turns take, about, with a new server for each repetition."""
        turns = list(left)
        starts = len({number for number, _ in turns})
        return sum(cell.seconds for _, cell in turns) + starts * _START_SECONDS


@dataclass(frozen=True, slots=True)
class _Length:
    """Seconds of a run, measured and before that, and how often."""

    seconds: float
    warm_up: float
    runs: int

    def cell(
        self, part: str, transport: str, interval: float = INTERVAL, runs: int = 0, **other: Any
    ) -> Cell:
        """One that sees at least two intervals of whoever polls."""
        numbers: dict[str, Any] = {"subscribers": MEMBERS, "rate": RATE, "members": _WRITERS}
        numbers |= {"seconds": self.seconds, "warm_up": self.warm_up, **other}
        if transport == POLLED:
            numbers["interval"] = interval
            numbers["seconds"] = max(numbers["seconds"], 2 * interval)
        return Cell(Scenario(part, ABOUT[part], transport=transport, **numbers), runs or self.runs)

    def all_ways(self, part: str, runs: int = 0, **other: Any) -> list[Cell]:
        """The four transports."""
        return [self.cell(part, transport, runs=runs, **other) for transport in (*PUSHED, POLLED)]


def full() -> Matrix:
    """Everything."""
    length = _Length(seconds=3.0, warm_up=1.0, runs=3)
    cells = length.all_ways("base", runs=5, trips=20)
    for rate in (50.0, 200.0):
        cells += length.all_ways("rate", rate=rate)
    for members in (300, 1000):
        cells += length.all_ways("members", subscribers=members, rate=5.0)
    for interval in (0.1, 0.25, 0.5, 2.0, 5.0):
        cells.append(length.cell("polling", POLLED, interval))
    for transport in PUSHED:
        cells.append(length.cell("polling", transport, rate=1.0))
    for interval in (0.25, 1.0, 2.0):
        cells.append(length.cell("polling", POLLED, interval, rate=1.0))
    for network in (*NETWORKS, *HOPS):
        cells += length.all_ways("network", runs=2, network=network)
    cells += [*_wire(length, 10.0, runs=2), *_capacity(length)]
    ways = ("--transport", ",".join((*PUSHED, POLLED)), "--interval", "0.2")
    pieces = (
        Piece("scale", ("scale", *_SEARCH, "--nodes", "3", "--runs", "3"), 200.0),
        Piece("nodes", ("scale", *_SEARCH, "--nodes", "1", "--runs", "2", *ways), 170.0),
        Piece("idle", _IDLE, 130.0),
    )
    return Matrix("full", tuple(cells), pieces)


def quick() -> Matrix:
    """The same with fewer steps and shorter runs, below five minutes."""
    length = _Length(seconds=1.5, warm_up=0.4, runs=2)
    ways = ("sse", "long-poll", POLLED)
    cells = length.all_ways("base", runs=3, trips=8)
    for transport in ways:
        cells.append(length.cell("rate", transport, rate=100.0))
        cells.append(length.cell("members", transport, subscribers=500, rate=5.0))
        cells.append(length.cell("polling", transport, rate=1.0))
    for interval in (0.25, 2.0):
        cells.append(length.cell("polling", POLLED, interval))
    for network in (NETWORKS[1], HOPS[2]):
        cells += [length.cell("network", way, runs=1, network=network) for way in ways]
    cells += [*_wire(length, 5.0, runs=1), *_capacity(length)]
    pieces = (Piece("scale", ("scale", *_SEARCH, "--nodes", "3", "--quick"), 55.0),)
    return Matrix("quick", tuple(cells), pieces)


def _wire(length: _Length, seconds: float, runs: int = 0) -> Sequence[Cell]:
    """Polls each second and a message each 50 s, but twenty times as fast."""
    numbers: Mapping[str, Any] = {"subscribers": 20, "rate": 0.4, "seconds": seconds, "runs": runs}
    ways = (("sse", INTERVAL), ("long-poll", INTERVAL), (POLLED, 0.05))
    return [length.cell("wire", *way, **numbers) for way in ways]


def _capacity(length: _Length) -> Sequence[Cell]:
    """Sixteen messages on their way at any time; and polls that come faster than any answer."""
    crowd = {"subscribers": 500}
    cells = [length.cell("capacity", way, rate=0.0, in_flight=16, **crowd) for way in PUSHED]
    return [*cells, length.cell("capacity", POLLED, 0.02, rate=5.0, **crowd)]


FORMS: Mapping[str, Any] = {"full": full, "quick": quick}
"""Name -> what makes the matrix."""
