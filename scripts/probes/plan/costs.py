"""The named costs of the model, each with its interval and where it comes from.

No cost is written here: all are read from committed results, those of the benchmark and of
``scripts/lab plan --measure``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from probes.bench.result import BadResult, Result, Run, Verdict, read
from probes.loads.numbers import median
from probes.plan.cells import Cell, cells
from probes.plan.fitting import REDIS, WORKER, Terms, fit, spread
from probes.rig.node import ROOT

BENCHMARKS = ROOT / "docs" / "performance"
MEASURED = ROOT / "docs" / "plan" / "costs.json"
_OURS = "tornchat"


@dataclass(frozen=True, slots=True)
class Cost:
    """``value`` in seconds of a processor, in bytes, or (a base) in cores; ``low`` to ``high``: 95
    % of a bootstrap where it comes from a fit, else from the least to the most of its runs.
    ``source``: the files."""

    title: str
    unit: str
    value: float
    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Up to where anything was measured; the model goes on from there by its formulas."""

    rate: float
    """Messages a second, of one server."""
    deliveries: float
    """A second, of one worker."""
    listeners: float
    """Of one message."""
    streams: float
    """On one worker."""
    fleet: float
    """Workers on one Redis."""
    workers: float
    """That a message was published to."""
    together: float
    """Messages that came to Redis at once."""
    archived: float
    """Messages a second that went into the archive."""
    topics: float
    """In one pulse."""
    logged: float
    """Messages in the log of a Redis whose memory was looked at."""


@dataclass(frozen=True, slots=True)
class Costs:
    """All of them, by name; ``cells``: the runs that the fitted ones explain."""

    of: Mapping[str, Cost]
    reach: Reach
    cells: tuple[Cell, ...]

    def __getitem__(self, name: str) -> float:
        return self.of[name].value


_FITTED = {
    "worker_base": "a worker that has something to do, whatever it is",
    "post": "a POST, done together with others: handler, rules, script, archive, one hearing",
    "post_wake": "what a POST costs more where it comes alone",
    "write": "one write to one stream",
    "event": "one event in such a write",
    "redis_base": "Redis, whatever it does",
    "append": "Redis: a message, done together with others",
    "append_wake": "Redis: what a message costs more where it comes alone",
}


@dataclass(frozen=True, slots=True)
class _Measured:
    title: str
    unit: str
    scenario: str
    figure: str
    scale: float = 1.0


_READ = {
    "hear": _Measured("a worker hears a message of another", "s", "cost-node", "hear_us", 1e-6),
    "archive": _Measured("the archive takes a message", "s", "cost-node", "archive_us", 1e-6),
    "poll": _Measured("a poll", "s", "cost-poll", "poll_us_worker", 1e-6),
    "poll_redis": _Measured("Redis: a poll", "s", "cost-poll", "poll_us_redis", 1e-6),
    "connect": _Measured("a stream is opened", "s", "idle", "connect_us_worker", 1e-6),
    "connect_redis": _Measured("Redis: a stream is opened", "s", "idle", "connect_us_redis", 1e-6),
    "stream_bytes": _Measured("an idle stream, in the worker", "B", "idle", "bytes_per_stream"),
    "socket_bytes": _Measured("an idle socket, in the kernel", "B", "cost-socket", "socket_bytes"),
    "worker_bytes": _Measured("a worker without streams", "B", "cost-node", "worker_bytes"),
    "log_bytes": _Measured("Redis: a message in the log", "B", "cost-log", "log_bytes"),
    "nonce_bytes": _Measured("Redis: its nonce", "B", "cost-log", "nonce_bytes"),
    "subscription_bytes": _Measured(
        "Redis: a topic that a worker follows", "B", "cost-subscription", "subscription_bytes"
    ),
    "delivery_bytes": _Measured("an event on the wire", "B", "steady", "bytes_per_delivery"),
}

Found = Sequence[tuple[str, Result]]
"""Results, with the names of their files."""


def read_all(benchmarks: Path = BENCHMARKS, measured: Path = MEASURED) -> Found:
    """From the files of the repository. Raises `BadResult`."""
    try:
        return [(path.name, read(path)) for path in [*sorted(benchmarks.glob("*.json")), measured]]
    except FileNotFoundError:
        raise BadResult(f"{measured} is missing: scripts/lab plan --measure --json FILE") from None


def costs(found: Found) -> Costs:
    """From these results. Raises `BadResult` where something was not measured."""
    known = cells(result for _, result in found)
    one_worker = [cell for cell in known if cell.workers == 1]
    source = ", ".join(name for name, result in found if cells([result]))
    of: dict[str, Cost] = {}
    for terms in (WORKER, REDIS):
        of |= _fitted(terms, one_worker, source)
    for name, row in _READ.items():
        of[name] = _read(row, found)
    of |= _publishing(found) | _pulses(found) | _idle(found)
    return Costs(of, _reach(found, known), tuple(known))


def _fitted(terms: Terms, known: Sequence[Cell], source: str) -> dict[str, Cost]:
    if len({cell.group for cell in known}) < len(terms.names):
        raise BadResult("there are too few scenarios to fit costs to: scripts/lab bench")
    values = fit(terms, known)
    rows = zip(terms.names, values, spread(terms, known), strict=True)
    return {
        name: Cost(_FITTED[name], _unit(name), value, low, high, source)
        for name, value, (low, high) in rows
    }


def _unit(name: str) -> str:
    return "cores" if name.endswith("_base") else "s"


def _read(row: _Measured, found: Found) -> Cost:
    rows = [
        (name, run.figures[row.figure] * row.scale)
        for name, run in _runs(found, row.scenario)
        if row.figure in run.figures
        # Few streams say nothing of what one takes: what a worker has anyhow hides it.
        and not (row.scenario == "idle" and run.parameters["subscribers"] < _MANY)
    ]
    return _cost(row.title, row.unit, [value for _, value in rows], _named(rows))


_MANY = 5000


def _publishing(found: Found) -> dict[str, Cost]:
    """What each further worker that follows a topic costs Redis: the slope over subscribers, for
    messages that come alone and for many at once. Of these a part is shared by what comes together:
    slope = publish + publish_wake / together."""
    rows = list(_runs(found, "cost-publish"))
    slopes = {}
    for together in sorted({run.parameters["in_flight"] for _, run in rows}):
        runs = [run for _, run in rows if run.parameters["in_flight"] == together]
        slopes[together] = [slope * 1e-6 for slope, _ in _slopes(runs, "subscribers", "publish_us")]
    if len(slopes) < 2:
        raise BadResult("nobody measured a publish; scripts/lab plan --measure does")
    (few, alone), *_, (many, crowd) = slopes.items()
    shared = [
        max(0.0, (one - other) / (1 / few - 1 / many))
        for one, other in zip(alone, crowd, strict=True)
    ]
    fixed = [max(0.0, one - wake / few) for one, wake in zip(alone, shared, strict=True)]
    source = _named(rows)
    return {
        "publish": _cost("Redis: a message is said to one more worker", "s", fixed, source),
        "publish_wake": _cost(
            "Redis: what that costs more where it comes alone", "s", shared, source
        ),
    }


def _pulses(found: Found) -> dict[str, Cost]:
    """A pulse of a worker, and what each topic that it follows adds."""
    rows = list(_runs(found, "cost-pulse"))
    lines = _slopes([run for _, run in rows], "topics", "pulse_us")
    source = _named(rows)
    topics = [slope * 1e-6 for slope, _ in lines]
    bases = [max(0.0, start) * 1e-6 for _, start in lines]
    return {
        "pulse": _cost("Redis: a worker's pulse", "s", bases, source),
        "pulse_topic": _cost("Redis: a topic in a pulse", "s", topics, source),
    }


def _idle(found: Found) -> dict[str, Cost]:
    """Streams on which nothing is said: what each costs a second, and what its beat does."""
    rows = [(file, run) for file, run in _runs(found, "idle")]
    numbers = sorted({run.number for _, run in rows})
    made = []
    for number in numbers:
        runs = [run for _, run in rows if run.number == number]
        factors = [
            [1.0, (n := run.parameters["subscribers"]), n / run.parameters["heartbeat"]]
            for run in runs
        ]
        if len(runs) >= len(factors[0]):
            used = [run.figures["idle_cpu_percent"] / 100 for run in runs]
            made.append(nnls(np.array(factors), np.array(used))[0])
    source = _named(rows)
    titles = {
        "idle_base": ("a server on which nothing happens", "cores"),
        "look": ("an idle stream, each second", "s"),
        "beat": ("a beat", "s"),
    }
    return {
        name: _cost(title, unit, [float(values[at]) for values in made], source)
        for at, (name, (title, unit)) in enumerate(titles.items())
    }


def _reach(found: Found, known: Sequence[Cell]) -> Reach:
    def most(scenario: str, of: Callable[[Run], float]) -> float:
        return max(of(run) for _, run in _runs(found, scenario))

    return Reach(
        rate=max(cell.rate for cell in known),
        deliveries=max(cell.deliveries / cell.workers for cell in known),
        listeners=float(max(cell.subscribers for cell in known)),
        streams=most("idle", lambda run: float(run.parameters["subscribers"])),
        fleet=float(max(cell.workers for cell in known)),
        workers=most("cost-publish", lambda run: float(run.parameters["subscribers"])),
        together=most("cost-publish", lambda run: float(run.parameters["in_flight"])),
        archived=most("cost-node", lambda run: float(run.parameters["rate"])),
        topics=most("cost-pulse", lambda run: float(run.parameters["topics"])),
        logged=most("cost-log", lambda run: run.figures["messages"]),
    )


def _runs(found: Found, scenario: str) -> Iterable[tuple[str, Run]]:
    return (
        (file, run)
        for file, result in found
        for run in result.of_target(_OURS, scenario)
        if run.verdict is not Verdict.FAILED
    )


def _slopes(runs: Sequence[Run], x: str, y: str) -> list[tuple[float, float]]:
    """Slope and start of the straight line through each round's runs (least squares of the
    relative errors)."""
    lines = []
    for number in sorted({run.number for run in runs}):
        points = [(run.parameters[x], run.figures[y]) for run in runs if run.number == number]
        if len(points) > 1:
            places, values = np.array(points, dtype=float).T
            slope, start = np.polyfit(places, values, 1, w=1 / values)
            lines.append((float(slope), float(start)))
    return lines


def _cost(title: str, unit: str, values: Sequence[float], source: str) -> Cost:
    if not values:
        raise BadResult(f"nobody measured: {title}; scripts/lab plan --measure does")
    return Cost(title, unit, median(values), min(values), max(values), source)


def _named(rows: Iterable[tuple[str, object]]) -> str:
    return ", ".join(dict.fromkeys(name for name, _ in rows))
