"""``scripts/lab slow``: some readers stop reading; what they cost, and what the others notice."""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import dataclass, field
from functools import partial

from probes.calls import fetch
from probes.exchange import Base
from probes.loads import command
from probes.loads.crowd import Crowd
from probes.loads.generator import NotInTime
from probes.loads.machine import port_bytes, resident_bytes, tcp_bytes
from probes.loads.numbers import median, percentile
from probes.loads.outcome import Claim, Figure, Outcome
from probes.loads.stage import Stage
from probes.rig.children import CannotRun
from probes.rig.line import HOST
from probes.rig.rig import pid_of
from tornchat import metrics

MOST_RATIO = 1.5
MOST_BYTES = 1024 * 1024
_OPEN_SECONDS = 300.0
_CUT_SECONDS = 120.0
_REST_SECONDS = 3.0
_LOOK_SECONDS = 1.0
_RECEIVE_BUFFER = 64 * 1024
_ABOUT = """\
Measures what readers that stop reading cost: memory of the workers and of the kernel, and whether
the others notice. It could be wrong where the system gives sockets larger buffers than here (these
readers take 64 KiB at most), and in resident memory, which is not given back at once. Delays of
the others are compared within one run, since alone they are those of this machine."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    command.options(parser, _ABOUT, streams=2000, workers=1)
    add = parser.add_argument
    add("--stalled", type=int, default=200, help="streams whose readers stop reading (200)")
    add("--seconds", type=float, default=20, help="at least so long with and without them (20)")
    add("--rate", type=float, default=2, help="messages a second, to all streams (2)")
    add("--size", type=int, default=4000, help="characters of each message (4000)")
    add("--rounds", type=int, default=3, help="how often, in turn (3)")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    shape = Shape(given.stalled, given.seconds, given.rounds, given.rate, given.size)
    return command.run(given, partial(probe, shape=shape))


@dataclass(frozen=True, slots=True)
class Shape:
    """``seconds`` of each part of a round: while all read, and while some do not. ``rate`` is in
    messages per second, each of ``size`` characters at least."""

    stalled: int
    seconds: float
    rounds: int
    rate: float
    size: int


@dataclass(slots=True)
class Memory:
    """Bytes of the workers, and of the kernel for their sockets: of both ends by ``tcp``, of their
    own by ``own`` where that can be known."""

    workers: int
    tcp: int
    own: int | None

    @property
    def whole(self) -> int:
        return self.workers + (self.tcp if self.own is None else self.own)


@dataclass(slots=True)
class Round:
    """One time without stalled readers, and one with them. Times are those of messages."""

    reading: tuple[float, float]
    stalled: tuple[float, float] = (0.0, 0.0)
    before: Memory | None = None
    after: Memory | None = None
    while_stalled: list[Memory] = field(default_factory=list)
    cuts: int = 0

    def growth(self, part: str) -> int:
        """The most that it was more than before, of one part of the memory."""
        least = getattr(self.before, part) or 0
        return max(((getattr(m, part) or 0) - least for m in self.while_stalled), default=0)


async def probe(stage: Stage, *, shape: Shape) -> Outcome:
    """Rounds: all read; some stop, until each of them is cut; they read again."""
    if shape.stalled >= stage.layout.streams:
        raise CannotRun("--stalled must be less than --streams")
    layout = stage.layout
    rounds: list[Round] = []
    async with Crowd(stage.base, layout.generators, layout.seed, _RECEIVE_BUFFER) as crowd:
        await crowd.open(stage.tickets, _OPEN_SECONDS)
        workers = [*await crowd.workers()]
        talk = stage.talk(shape.rate, shape.size, in_hall=True)
        talk.start()
        await asyncio.sleep(_REST_SECONDS)
        meter, begun = stage.meter(crowd.pids), time.monotonic()
        for number in range(shape.rounds):
            rounds.append(await _round(stage, crowd, shape, workers))
            command.tell(f"round {number + 1}: {_told(rounds[-1], shape)}")
        cpu, seconds = meter.read(), time.monotonic() - begun
        await talk.stop()
        await crowd.reach(talk.newest, _OPEN_SECONDS)
        found = await crowd.report(stage.ledger, stage.members)
    reading = [percentile(found.delays.between(*r.reading), 0.99) for r in rounds]
    stalled = [percentile(found.delays.between(*r.stalled), 0.99) for r in rounds]
    ratio = median(with_ / without for with_, without in zip(stalled, reading, strict=True))
    grown = median(r.growth("whole") / shape.stalled for r in rounds)
    kib = 1024 * shape.stalled
    figures: dict[str, Figure] = {
        "stalled readers": shape.stalled,
        "rounds": len(rounds),
        "p99 of the others while all read, seconds": median(reading),
        "p99 of the others while some do not, seconds": median(stalled),
        "the second to the first": ratio,
        "the same, highest of the rounds": max(
            with_ / without for with_, without in zip(stalled, reading, strict=True)
        ),
        "KiB for each stalled reader, at most": grown / 1024,
        "of that, memory of the workers": median(r.growth("workers") / kib for r in rounds),
        "KiB of the kernel for each, both ends": median(r.growth("tcp") / kib for r in rounds),
        "KiB for each after they were cut": median(_left(r) / kib for r in rounds),
        "seconds until all were cut": median(r.stalled[1] - r.stalled[0] for r in rounds),
        "streams cut": sum(r.cuts for r in rounds),
        **command.counts(found, stage),
        **{f"CPU seconds of {who}": used for who, used in cpu.items()},
    }
    claims = [
        Claim("p99 of the others, with stalled readers to without", ratio, MOST_RATIO),
        Claim("bytes for each stalled reader", int(grown), MOST_BYTES),
        Claim("streams cut", figures["streams cut"], shape.stalled * len(rounds), True),
        *command.kept_promises(found, stage),
    ]
    return Outcome(
        figures, claims, {}, command.details(found, stage), command.disturbed(cpu, seconds)
    )


async def _round(stage: Stage, crowd: Crowd, shape: Shape, workers: list[str]) -> Round:
    begun = time.monotonic()
    await asyncio.sleep(shape.seconds)
    this = Round((begun, time.monotonic()))
    this.before = await _memory(stage, workers)
    cuts = await _cuts(stage)
    begun = time.monotonic()
    await crowd.freeze(shape.stalled)
    while (this.cuts < shape.stalled) or time.monotonic() - begun < shape.seconds:
        await asyncio.sleep(_LOOK_SECONDS)
        this.while_stalled.append(await _memory(stage, workers))
        this.cuts = await _cuts(stage) - cuts
        if time.monotonic() - begun > _CUT_SECONDS:
            raise NotInTime(f"only {this.cuts} of {shape.stalled} stalled streams were cut")
    this.stalled = (begun, time.monotonic())
    await crowd.thaw()
    await asyncio.sleep(_REST_SECONDS)
    await crowd.live(_OPEN_SECONDS)
    await crowd.reach(max(m.id for m in stage.ledger.accepted), _OPEN_SECONDS)
    await asyncio.sleep(_REST_SECONDS)
    this.after = await _memory(stage, workers)
    return this


async def _memory(stage: Stage, workers: list[str]) -> Memory:
    own = await asyncio.to_thread(port_bytes, stage.node.port)
    resident = sum(resident_bytes(pid_of(worker)) for worker in workers)
    return Memory(resident, tcp_bytes(), own)


async def _cuts(stage: Stage) -> int:
    """Streams that were cut because nobody read them, as the server counts them."""
    figures = Base(HOST, stage.node.metrics_port)
    answer = await fetch(figures, "GET", "/metrics", "", 10.0)
    wanted = [f'{metrics.CUTS.name}{{reason="{reason}"}} ' for reason in ("too_slow", "timeout")]
    return sum(
        int(float(line.rpartition(" ")[2]))
        for line in answer.body.decode().splitlines()
        if any(line.startswith(name) for name in wanted)
    )


def _left(this: Round) -> int:
    """What is still more than before when all read again."""
    if this.before is None or this.after is None:
        return 0
    return max(0, this.after.whole - this.before.whole)


def _told(this: Round, shape: Shape) -> str:
    seconds = this.stalled[1] - this.stalled[0]
    each = this.growth("whole") / shape.stalled / 1024
    return f"{this.cuts} streams were cut within {seconds:.0f} s, {each:.0f} KiB each at most"
