"""Everything that nobody else measures, in about a minute."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

from probes.bench.result import Result, Run
from probes.bench.run import go
from probes.bench.scenarios import SCENARIOS
from probes.bench.targets import OURS, factory
from probes.plan.measure import nodes, redis_costs, sockets
from probes.plan.measure.runs import Tell
from probes.rig import facts

_IDLE = ((100, 25.0, 8.0), (2000, 2.0, 6.0))
"""Streams, seconds between their beats, and seconds that are measured."""


def measure(rounds: int, tell: Tell) -> Result:
    """So many rounds of all of it. Raises `probes.rig.children.CannotRun`."""
    machine = facts.machine()
    found = Result(
        {"machine": machine.pop("machine")},
        " ".join(["scripts/lab", *sys.argv[1:]]),
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        {"rounds": rounds},
        {OURS: machine},
    )
    for number in range(1, rounds + 1):
        tell("sockets")
        found.runs.append(sockets.measure(number))
        found.runs += redis_costs.measure(number, tell)
        found.runs += nodes.measure(number, tell)
        found.runs += [_idle(number, *shape, tell) for shape in _IDLE]
    return found


def _idle(number: int, streams: int, beat: float, seconds: float, tell: Tell) -> Run:
    """The benchmark's own scenario with fewer streams, and with beats that come more often."""
    known = SCENARIOS["idle"]
    scenario = replace(known, subscribers=streams, heartbeat=beat, seconds=seconds)
    tell(f"{streams} idle streams")
    run, _ = go(factory(OURS), scenario, number, tell)
    return run
