"""What the model says of what was measured, each scenario told by the others alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.loads.numbers import median
from probes.plan.cells import Cell, groups
from probes.plan.costs import Costs, Found
from probes.plan.fitting import REDIS, WORKER, Terms, fit, left_out

FACTOR = 1.5
"""The model is held to be right within this, either way."""


@dataclass(frozen=True, slots=True)
class Row:
    """Processor time for each message, in microseconds."""

    cell: str
    process: str
    measured: float
    predicted: float

    @property
    def ratio(self) -> float:
        """Of what was predicted to what was measured."""
        return self.predicted / self.measured

    @property
    def error(self) -> float:
        """How many times too much, or too little."""
        return max(self.ratio, 1 / self.ratio)


def rows(costs: Costs) -> list[Row]:
    """Of every group of runs that the costs were fitted to, and of those with several workers."""
    one_worker = [cell for cell in costs.cells if cell.workers == 1]
    found = []
    for process, terms in (("workers", WORKER), ("Redis", REDIS)):
        others = left_out(terms, one_worker)
        everything = fit(terms, one_worker)
        for group, cells in groups(costs.cells).items():
            by = others.get(group, everything)
            found.append(
                Row(
                    cells[0].title,
                    process,
                    median(terms.used(cell) / cell.rate * 1e6 for cell in cells),
                    median(_predicted(terms, by, costs, cell) / cell.rate * 1e6 for cell in cells),
                )
            )
    return found


def polls(found: Found, costs: Costs) -> Iterator[Row]:
    """Long polls of the benchmark, from the cost of a poll that finds nothing. Nothing is held to
    this: a poll that brings something costs more."""
    runs = [
        run
        for _, result in found
        for run in result.of_target("tornchat", "long-poll")
        if "cpu_us_per_message_worker" in run.figures
    ]
    if runs:
        yield Row(
            f"long-poll, {runs[0].parameters['subscribers']} subscribers",
            "workers",
            median(run.figures["cpu_us_per_message_worker"] for run in runs),
            median(_polled(run.figures, costs) for run in runs),
        )


def _polled(figures: dict[str, float], costs: Costs) -> float:
    rate, batch = figures["messages_per_s"], max(1.0, figures["deliveries_per_read"])
    cores = costs["worker_base"] + rate * (costs["post"] + costs["post_wake"] / batch)
    cores += figures["deliveries_per_s"] / batch * costs["poll"]
    return cores / rate * 1e6


def _predicted(terms: Terms, by: tuple[float, ...], costs: Costs, cell: Cell) -> float:
    """Cores. Everybody listens to the same room, so all workers hear each message."""
    further = "hear" if terms is WORKER else "publish"
    return terms.predicted(cell, by) + cell.rate * (cell.workers - 1) * costs[further]
