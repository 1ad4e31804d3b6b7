"""``scripts/lab drain``: the streams of a worker that leaves come back spread over its drain."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterable

from probes.loads import command
from probes.loads.crowd import Crowd
from probes.loads.generator import Found, NotInTime
from probes.loads.machine import Meter
from probes.loads.notes import Journey
from probes.loads.numbers import histogram, percentile
from probes.loads.outcome import Claim, Figure, Outcome
from probes.loads.stage import Stage

USUAL_DRAIN = 20.0
LEAST_SPREAD = 0.5
"""Of the drain: between the first and the last percent of those who came back."""
_RATE = 4.0
_OPEN_SECONDS = 300.0
_RELOAD_SECONDS = 60.0
_LOOK_SECONDS = 0.25
_ABOUT = """\
Measures over how long the streams of a worker that leaves come back, and how long each is without
one. It could be wrong where the readers' processes are the limit, and loopback has no round
trips."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    command.options(parser, _ABOUT, streams=5000, workers=1)
    text = f"seconds over which a worker sends its streams away ({USUAL_DRAIN:g})"
    parser.add_argument("--drain", type=float, default=USUAL_DRAIN, help=text)


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return command.run(given, probe, given.drain)


async def probe(stage: Stage) -> Outcome:
    """Replace all workers (SIGHUP), one by one, while messages go on."""
    layout = stage.layout
    async with Crowd(stage.base, layout.generators, layout.seed) as crowd:
        await crowd.open(stage.tickets, _OPEN_SECONDS)
        before = await crowd.workers()
        talk = stage.talk(_RATE)
        talk.start()
        command.tell(f"{layout.streams} streams are live on {_shares(before)}; replacing those")
        meter = stage.meter(crowd.pids)
        begun = time.monotonic()
        stage.node.reload()
        patience = (layout.drain + _RELOAD_SECONDS) * layout.workers
        await _until_gone(crowd, before.keys(), patience, meter)
        await crowd.live(_OPEN_SECONDS)
        seconds = time.monotonic() - begun
        cpu = meter.read()
        await talk.stop()
        await crowd.reach(talk.newest, _OPEN_SECONDS)
        command.tell(f"all moved after {seconds:.1f} s; comparing")
        found = await crowd.report(stage.ledger, stage.members)
    returns = {worker: _returns(found.journeys, worker) for worker in before}
    spread = min(percentile(at, 0.99) - percentile(at, 0.01) for at in returns.values())
    gaps = list(_gaps(found.journeys))
    figures: dict[str, Figure] = {
        "seconds from the first to the last percent of those who came back": spread,
        "streams on a worker when it began to drain": max(before.values()),
        "seconds for all workers": seconds,
        "seconds without a stream, p50": percentile(gaps, 0.5),
        "seconds without a stream, p99": percentile(gaps, 0.99),
        "seconds without a stream, longest": max(gaps, default=0.0),
        "streams that had to be cut": _cut(found),
        **command.counts(found, stage),
        **{f"CPU seconds of {who}": used for who, used in cpu.items()},
    }
    bars = {
        f"came back from worker {number}, in each second": histogram(
            [at - min(times) for at in times], 1.0
        )
        for number, times in enumerate(returns.values(), 1)
    }
    claims = [
        Claim("seconds of spread, of each worker", spread, layout.drain * LEAST_SPREAD, True),
        *command.kept_promises(found, stage),
    ]
    details = command.details(found, stage)
    return Outcome(figures, claims, bars, details, command.disturbed(cpu, seconds))


async def _until_gone(crowd: Crowd, old: Iterable[str], seconds: float, meter: Meter) -> None:
    """Wait until none of the old workers serves a stream."""
    end = time.monotonic() + seconds
    while left := (await crowd.workers()).keys() & set(old):
        if time.monotonic() > end:
            raise NotInTime(f"{', '.join(left)} still serve streams after {seconds:g} s")
        meter.look()
        await asyncio.sleep(_LOOK_SECONDS)


def _returns(journeys: Iterable[Journey], worker: str) -> list[float]:
    """When the streams that this worker served were live again elsewhere."""
    return [
        again
        for journey in journeys
        for (_, served), (again, _) in zip(journey.opens, journey.opens[1:], strict=False)
        if served == worker
    ]


def _gaps(journeys: Iterable[Journey]) -> Iterable[float]:
    """Seconds for which each reader had no stream, for each time that it came back."""
    for journey in journeys:
        for opened, _ in journey.opens[1:]:
            yield opened - max(closed for closed, _ in journey.closes if closed <= opened)


def _cut(found: Found) -> int:
    """Streams that ended otherwise than by moving in time."""
    orderly = ("moved", "the reader left")
    return sum(count for why, count in found.ends.items() if why not in orderly)


def _shares(workers: dict[str, int]) -> str:
    return " and ".join(f"{worker} ({count})" for worker, count in workers.items())
