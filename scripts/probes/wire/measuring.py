"""The runs of the probe, for whatever target."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from probes.bench import judging
from probes.bench.invocation import one_run
from probes.bench.result import Result, Run
from probes.bench.show import cell as called
from probes.bench.target import TargetFactory
from probes.wire.cells import Cell

_MISSED = 0.01


def measure(
    found: Result,
    server: tuple[str, TargetFactory],
    cells: Sequence[Cell],
    *,
    seconds: float,
    runs: int,
    seed: int,
) -> Iterator[Run]:
    """Every cell ``runs`` times, for so many seconds each, in an order by chance; each into the
    result as it comes."""
    name, made = server
    chance = random.Random(seed)
    found.settings |= {"runs": runs, "seed": seed, "seconds": seconds}
    for number in range(1, runs + 1):
        for one in chance.sample(cells, len(cells)):
            scenario = one.scenario(seconds, seed)
            where = f"{scenario.name} {number}/{runs} {called(scenario.parameters())}"
            run = one_run(found, name, made, scenario, number, where)
            run.parameters |= one.parameters(seconds)
            _timely(run)
            yield run


def _timely(run: Run) -> None:
    """Where polls were missed, time went too fast for the server: there were fewer than there are
    in real life."""
    asked = run.figures.get("requests_per_delivery", 0.0) * run.figures.get("deliveries", 0.0)
    missed = run.figures.get("missed_polls", 0.0)
    if missed > _MISSED * (asked + missed):
        judging.refused(run, f"{missed:,.0f} polls were missed, as time went too fast for them")
