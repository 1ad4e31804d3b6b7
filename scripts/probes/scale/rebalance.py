"""Nodes that join, are reloaded and leave while streams are open: where the streams go.

A node that joins gets new connections only; streams that are open stay where they are until they
are told to move. A reload (SIGHUP) of the first node moves its streams, and the proxy spreads
them; a node that is stopped (SIGTERM) sends away all it has. Each message is checked for each
reader throughout. ``series["phases"]`` has the second at which each of ``parameters["phases"]``
began.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from probes.bench.result import Run, Verdict
from probes.bench.run import Tell
from probes.ledger import Ledger
from probes.loads.crowd import Crowd
from probes.loads.generator import Found, NotInTime
from probes.loads.notes import Journey, Ticket
from probes.loads.numbers import percentile
from probes.loads.talk import Talk
from probes.scale.cluster import Cluster
from probes.scale.watch import Watch
from probes.violations import Wrong

_RATE = 10.0
_LOOK_SECONDS = 0.5
_WATCH_SECONDS = 1.0
_QUIET_SECONDS = 1.0
"""To see that streams stay where they are."""
_OPEN_SECONDS = 120.0
_GONE_SECONDS = 30.0
_COUNTED = {"lost": Wrong.LOST, "doubled": Wrong.DOUBLED, "disordered": Wrong.REORDERED}


@dataclass(frozen=True, slots=True)
class Plan:
    """``streams`` at the end; half of them are there before a second node joins. ``drain`` in
    seconds, as the nodes have it."""

    streams: int
    drain: float
    seed: int


async def probe(
    cluster: Cluster, nodes: int, plan: Plan, parameters: Mapping[str, Any], tell: Tell
) -> Run:
    """Do it. Raises `probes.loads.generator.NotInTime` where something does not happen."""
    await cluster.only(1)
    ledger = Ledger()
    members = {(cluster.room, person.id) for person in cluster.people}
    talk = Talk([(person, cluster.room) for person in cluster.people], ledger, _RATE)
    async with Crowd(cluster.base, 1, plan.seed) as crowd:
        (generator,) = crowd.pids
        watch = Watch(
            lambda: {**cluster.processes(), "generator": generator}, cluster.streams, _WATCH_SECONDS
        )
        async with watch:
            events = _Events(cluster, crowd, watch, tell)
            await _happen(events, nodes, plan, talk)
            await talk.stop()
            await crowd.reach(talk.newest, _OPEN_SECONDS)
            found = await crowd.report(ledger, members)
    run = Run("tornchat", "scale", 1, _of(parameters, plan, nodes), dict(events.figures))
    run.parameters["phases"] = events.names
    run.series = {**watch.series, "phases": events.rows}
    run.notes = [*events.notes]
    _judge(run, found, ledger, events, cluster)
    return run


def failed(parameters: Mapping[str, Any], why: str) -> Run:
    """A run that did not get to its end."""
    known = {**parameters, "part": "rebalance", "transport": "sse"}
    return Run("tornchat", "scale", 1, known, {}, Verdict.FAILED, [why])


class _Events:
    """What happens, when, and where the streams are after it."""

    def __init__(self, cluster: Cluster, crowd: Crowd, watch: Watch, tell: Tell) -> None:
        self.cluster = cluster
        self.crowd = crowd
        self.names: list[str] = []
        self.rows: list[list[float]] = []
        self.notes: list[str] = []
        self.figures: dict[str, float] = {}
        self.moved: list[float] = []
        """When streams were told to move away (`time.monotonic`)."""
        self._watch = watch
        self._tell = tell

    async def happens(self, name: str, doing: Awaitable[object], figure: str = "") -> None:
        """Do it; ``figure``: under which name to keep how uneven the streams are then."""
        self._tell(name)
        self.names.append(name)
        self.rows.append([round(self._watch.seconds, 2)])
        await doing
        shares = await self.shares()
        listed = ", ".join(f"{node} {count}" for node, count in sorted(shares.items()))
        self.notes.append(f"{name}: {listed}")
        if figure:
            mean = sum(shares.values()) / max(1, len(shares))
            self.figures[figure] = max(shares.values()) / mean if mean else 0.0

    async def shares(self) -> dict[str, int]:
        """Streams of each node that takes part."""
        found = Counter({node.name: 0 for node in self.cluster.joined})
        for worker, count in (await self.crowd.workers()).items():
            found[self.cluster.node_of(worker)] += count
        return dict(found)


async def _happen(events: _Events, nodes: int, plan: Plan, talk: Talk) -> None:
    cluster, crowd = events.cluster, events.crowd
    half = plan.streams // 2
    await events.happens(f"{half} streams on one node", _come(cluster, crowd, 0, half))
    talk.start()
    more = (plan.streams - half) // (nodes - 1)
    for number in range(2, nodes + 1):
        await events.happens(f"node{number} joins", _joined(cluster), "uneven_joined")
        coming = _come(cluster, crowd, half + (number - 2) * more, more)
        await events.happens(f"{more} streams more", coming, "uneven_more")
    first = cluster.joined[0]
    events.moved.append(time.monotonic())
    old = [worker for worker in await crowd.workers() if cluster.node_of(worker) == first.name]
    first.reload()
    away = _away(crowd, old, plan.drain)
    await events.happens(f"{first.name} is reloaded", away, "uneven_reloaded")
    last = cluster.joined[-1]
    events.moved.append(time.monotonic())
    await events.happens(f"{last.name} leaves", _left(cluster, crowd), "uneven_left")


async def _come(cluster: Cluster, crowd: Crowd, first: int, count: int) -> None:
    """Open streams from now on, of people in turn; each has a number."""
    people = cluster.people
    cursors = [(await person.snapshot()).cursor for person in people]
    tickets = []
    for number in range(first, first + count):
        person, cursor = people[number % len(people)], cursors[number % len(people)]
        name = f"{person.name}.{number}"
        tickets.append(Ticket(name, person.id, person.caller.cookie, cursor))
    await crowd.open(tickets, _OPEN_SECONDS)


async def _joined(cluster: Cluster) -> None:
    await cluster.join()
    await asyncio.sleep(_QUIET_SECONDS)


async def _away(crowd: Crowd, workers: Iterable[str], drain: float) -> None:
    """Wait until none of these workers has a stream, and all are live elsewhere."""
    end = time.monotonic() + drain + _GONE_SECONDS
    while left := (await crowd.workers()).keys() & set(workers):
        if time.monotonic() > end:
            raise NotInTime(f"{', '.join(left)} still serve streams")
        await asyncio.sleep(_LOOK_SECONDS)
    await crowd.live(_OPEN_SECONDS)


async def _left(cluster: Cluster, crowd: Crowd) -> None:
    await cluster.leave(cluster.joined[-1])
    await crowd.live(_OPEN_SECONDS)


def _judge(run: Run, found: Found, ledger: Ledger, events: _Events, cluster: Cluster) -> None:
    figures = run.figures
    reloaded, left = events.moved
    gaps = [gap for journey in found.journeys for gap in _gaps(journey)]
    delays = sorted(1000 * seconds for seconds in found.delays.seconds)
    figures |= {
        "messages": len(ledger.accepted),
        "deliveries": found.deliveries,
        "moved_streams": sum(len(journey.opens) > 1 for journey in found.journeys),
        "moved_reload_s": _back(found.journeys, reloaded, left) - reloaded,
        "moved_leave_s": _back(found.journeys, left, float("inf")) - left,
        "without_stream_p50_ms": 1000 * percentile(gaps, 0.5),
        "without_stream_p99_ms": 1000 * percentile(gaps, 0.99),
        "without_stream_max_ms": 1000 * max(gaps, default=0.0),
        "streams_cut": sum(
            count for why, count in found.ends.items() if why not in ("moved", "the reader left")
        ),
        "delivery_p50_ms": percentile(delays, 0.5),
        "delivery_p99_ms": percentile(delays, 0.99),
        "delivery_max_ms": max(delays, default=0.0),
    }
    kinds = Counter(violation.what for violation in found.violations)
    figures |= {name: kinds[wrong] for name, wrong in _COUNTED.items()}
    wrong = [*map(str, found.violations[:5]), *ledger.refused[:5]]
    if "Traceback" in cluster.complaints():
        wrong.append("a traceback of a server")
    if wrong:
        run.verdict = Verdict.FAILED
        run.notes += wrong


def _gaps(journey: Journey) -> Iterable[float]:
    """Seconds without a stream, for each time that a reader came back."""
    for opened, _ in journey.opens[1:]:
        yield opened - max(closed for closed, _ in journey.closes if closed <= opened)


def _back(journeys: Iterable[Journey], begin: float, end: float) -> float:
    """When the last of those came back who did so in this time."""
    times = [at for journey in journeys for at, _ in journey.opens[1:] if begin < at < end]
    return max(times, default=begin)


def _of(parameters: Mapping[str, Any], plan: Plan, nodes: int) -> dict[str, Any]:
    own = {"part": "rebalance", "transport": "sse", "nodes": nodes, "rate": _RATE}
    return {**parameters, **own, "members": plan.streams, "drain": plan.drain, "quota": 0.0}
