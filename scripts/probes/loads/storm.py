"""``scripts/lab storm``: thousands of streams break at once, and all come back at once."""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Iterable, Mapping
from functools import partial

from probes.loads import command
from probes.loads.crowd import Crowd
from probes.loads.generator import Found
from probes.loads.notes import Journey
from probes.loads.numbers import histogram, percentile
from probes.loads.outcome import Claim, Figure, Outcome
from probes.loads.stage import Stage
from probes.rig.rig import pid_of

MOST_SECONDS = 10.0
_RATE = 1.0
_OPEN_SECONDS = 600.0
_BACK_SECONDS = 300.0
_SATURATED = 0.9
_ABOUT = """\
Measures how long it takes until all streams are live again that broke at once, and what that costs.
It could be wrong where the readers' processes are the limit, or others use the machine (then a
limit that is missed is no verdict), and loopback has no round trips and loses nothing."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    command.options(parser, _ABOUT, streams=10_000, workers=2, generators=2)
    text = "break the lines by killing the workers; else the clients close them"
    parser.add_argument("--kill", action="store_true", help=text)


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return command.run(given, partial(probe, kill=given.kill))


async def probe(stage: Stage, *, kill: bool = False) -> Outcome:
    """Open all, break all, and wait until the last is live again."""
    layout = stage.layout
    async with Crowd(stage.base, layout.generators, layout.seed) as crowd:
        opening = time.monotonic()
        await crowd.open(stage.tickets, _OPEN_SECONDS)
        opening = time.monotonic() - opening
        workers = await crowd.workers()
        talk = stage.talk(_RATE)
        talk.start()
        command.tell(f"{layout.streams} streams are live; breaking all of them")
        meter = stage.meter(crowd.pids)
        if kill:
            begun = time.monotonic()
            for worker in workers:
                if stage.node.owns(pid_of(worker)):
                    os.kill(pid_of(worker), signal.SIGKILL)
            await crowd.lost(begun, _BACK_SECONDS)
        else:
            begun = await crowd.cut()
        await crowd.live(_BACK_SECONDS)
        cpu = meter.read()
        seconds = time.monotonic() - begun
        said = time.monotonic()
        person, _ = stage.posters[0]
        await crowd.reach(await talk.say_now(person, stage.hall), _BACK_SECONDS)
        heard = time.monotonic() - said
        await talk.stop()
        await crowd.reach(talk.newest, _BACK_SECONDS)
        shares = await crowd.workers()
        command.tell(f"all were back after {seconds:.1f} s; comparing")
        found = await crowd.report(stage.ledger, stage.members)
    back = [_back(journey, begun) - begun for journey in found.journeys]
    figures: dict[str, Figure] = {
        "seconds until live again, p50": percentile(back, 0.5),
        "seconds until live again, p99": percentile(back, 0.99),
        "seconds until live again, the last": max(back),
        "seconds until a message then sent had come to all": heard,
        "attempts answered with 503": _refused(found, "503"),
        "attempts answered with 429": _refused(found, "429"),
        "other attempts without a stream": _without(found.journeys, begun)
        - _refused(found, "503")
        - _refused(found, "429"),
        "streams on the fullest worker": max(shares.values()),
        "streams opened in a second, at first": layout.streams / opening,
        **command.counts(found, stage),
        **{f"CPU seconds of {who}": used for who, used in cpu.items()},
    }
    claims = [
        Claim("seconds until the last was live again", max(back), MOST_SECONDS),
        *command.kept_promises(found, stage),
    ]
    bars = {"live again, in each second": histogram(back, 1.0)}
    void = _void(cpu, seconds, layout.generators)
    return Outcome(figures, claims, bars, command.details(found, stage), void)


def _back(journey: Journey, begun: float) -> float:
    """When a reader was live for good after it was broken."""
    return max(at for at, _ in journey.opens if at > begun)


def _refused(found: Found, status: str) -> int:
    return sum(count for why, count in found.ends.items() if why.startswith(f"status {status}"))


def _without(journeys: Iterable[Journey], begun: float) -> int:
    """Visits after the break that brought no stream."""
    return sum(
        sum(at > begun for at, _ in journey.closes) - sum(at > begun for at, _ in journey.opens) - 1
        for journey in journeys
    )


def _void(cpu: Mapping[str, float], seconds: float, generators: int) -> str:
    """Why a miss would say nothing of the server; "" where it would say something."""
    share = cpu["readers"] / (seconds * generators)
    if share > _SATURATED:
        return f"the readers' processes were busy {share:.0%} of the time and were the limit"
    return command.disturbed(cpu, seconds)
