"""The runs of the probe, for whatever target."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from probes.bench import judging
from probes.bench.invocation import one_run
from probes.bench.result import Result, Run, Verdict
from probes.bench.show import cell as called
from probes.bench.target import TargetFactory
from probes.wire.cells import Cell

_MISSED = 0.01
_COUNTED = (
    *("messages", "deliveries", "requests_per_delivery", "wasted_polls_per_delivery"),
    *("up_bytes_per_delivery", "down_bytes_per_delivery", "wire_bytes_per_delivery"),
    *("opening_bytes", "missed_polls", "lost", "doubled", "disordered", "refused_posts"),
)
"""What does not depend on how fast time goes; the rest is not that of real life."""


def measure(
    found: Result,
    server: tuple[str, TargetFactory],
    cells: Sequence[Cell],
    *,
    seconds: float,
    runs: int,
    seed: int,
) -> Iterator[Run]:
    """Every cell ``runs`` times, for so many seconds each, the rarest messages last; each into
    the result as it comes."""
    name, made = server
    chance = random.Random(seed)
    found.settings |= {"runs": runs, "seed": seed, "seconds": seconds}
    for number in range(1, runs + 1):
        # Those at one speed are served by one server, where the target stays.
        for one in sorted(chance.sample(cells, len(cells)), key=lambda one: one.every):
            scenario = one.scenario(seconds, seed)
            where = f"{scenario.name} {number}/{runs} {called(scenario.parameters())}"
            run = one_run(found, name, made, scenario, number, where)
            run.parameters |= one.parameters(seconds)
            _judge(run)
            run.figures = {name: run.figures[name] for name in _COUNTED if name in run.figures}
            run.curves, run.histograms = {}, {}
            yield run


def _judge(run: Run) -> None:
    """What others take of the machine does not change what is counted. But where polls were missed,
    time went too fast for the server: there were fewer than there are in real life."""
    if run.verdict is Verdict.REFUSED:
        run.verdict, run.notes = Verdict.GOOD, []
    asked = run.figures.get("requests_per_delivery", 0.0) * run.figures.get("deliveries", 0.0)
    missed = run.figures.get("missed_polls", 0.0)
    if missed > _MISSED * (asked + missed):
        judging.refused(run, f"{missed:,.0f} polls were missed, as time went too fast for them")
