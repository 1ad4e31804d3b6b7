"""Everything that nobody else measures, in a minute or two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from probes.bench.result import Result, Run
from probes.bench.run import go
from probes.bench.scenarios import SCENARIOS
from probes.bench.targets import OURS, factory
from probes.plan.measure import nodes, redis_costs, sockets
from probes.plan.measure.runs import Tell
from probes.rig import facts

_IDLE = ((100, 25.0, 8.0), (2000, 2.0, 6.0))
"""Streams, seconds between their beats, and seconds that are measured."""


def measure(found: Result, rounds: int, tell: Tell) -> Iterator[Run]:
    """So many rounds of all of it, each run into ``found`` as it comes.

    Raises `probes.rig.children.CannotRun`.
    """
    known = facts.machine()
    del known["machine"]
    found.versions[OURS] = known
    found.settings["rounds"] = rounds
    for number in range(1, rounds + 1):
        for run in _round(number, tell):
            found.runs.append(run)
            yield run


def _round(number: int, tell: Tell) -> Iterator[Run]:
    tell("sockets")
    yield sockets.measure(number)
    yield from redis_costs.measure(number, tell)
    yield from nodes.measure(number, tell)
    for streams, beat, seconds in _IDLE:
        # The benchmark's own scenario with fewer streams, and with beats that come more often.
        scenario = replace(SCENARIOS["idle"], subscribers=streams, heartbeat=beat, seconds=seconds)
        tell(f"{streams} idle streams")
        yield go(factory(OURS), scenario, number, tell)[0]
