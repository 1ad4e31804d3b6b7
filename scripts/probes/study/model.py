"""The prices of polling and of streaming, from the study's cells, and how well they fit these."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from probes.bench.result import Verdict
from probes.loads.numbers import median
from probes.network.conditions import LOOPBACK
from probes.study.costs import Load, Prices, TooFew, fit
from probes.study.matrix import POLLED
from probes.study.reading import Estimate, Group, Study

STREAM = "sse"
CPU, BYTES = "cpu_us_per_delivery", "wire_bytes_per_delivery"
_PARTS = ("base", "rate", "members", "polling")
_MOST_RATE = 50.0
"""Above so many messages a second several are written at once, which is another price."""
_DRAWS = 300
_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Checked:
    """A cell: what it cost in a second, measured and by the model."""

    group: Group
    measured: float
    foretold: float

    @property
    def error(self) -> float:
        """Of the model, as a share of what was measured."""
        return abs(self.foretold / self.measured - 1)


class Model:
    """Fitted over streams and short polls on loopback. ``figure``: `CPU` or `BYTES`, in its unit.

    Raises `TooFew`.
    """

    def __init__(self, study: Study, figure: str) -> None:
        self.figure = figure
        self._groups = [
            group
            for transport in (STREAM, POLLED)
            for group in study.find(*_PARTS, transport=transport)
            if group.network == LOOPBACK and 0 < group.rate <= _MOST_RATE and group.values(figure)
        ]
        self._runs = [_loads(group, figure) for group in self._groups]
        self.prices = fit([_middle(runs) for runs in self._runs])

    def estimate(self, what: Callable[[Prices], float]) -> Estimate:
        """Something that follows from the prices, with its interval by the bootstrap: each draw
        takes other runs of each cell, and is fitted anew."""
        values = sorted(what(prices) for prices in self._draws)
        spare = round((1 - _SHARE) / 2 * len(values))
        runs = sum(map(len, self._runs))
        return Estimate(what(self.prices), values[spare], values[-1 - spare], runs)

    @cached_property
    def checked(self) -> list[Checked]:
        """All cells that were fitted."""
        loads = zip(self._groups, map(_middle, self._runs), strict=True)
        return [Checked(group, load.cost, self.prices.cost(load)) for group, load in loads]

    @cached_property
    def _draws(self) -> list[Prices]:
        chance = random.Random(1)

        def drawn(runs: Sequence[Load]) -> Load:
            return _middle(chance.choices(runs, k=len(runs)))

        return [fit([drawn(runs) for runs in self._runs]) for _ in range(_DRAWS)]


def _loads(group: Group, figure: str) -> list[Load]:
    """What each run of a cell did, and took for that: a run in which less came took less."""
    polling = group.way.transport == POLLED
    found = []
    for run in group.runs:
        if run.verdict is not Verdict.FAILED and figure in run.figures:
            deliveries = run.figures.get("deliveries_per_s", 0.0)
            polls = deliveries * run.figures.get("requests_per_delivery", 0.0)
            cost = deliveries * run.figures[figure]
            found.append(Load(polling, group.rate, deliveries, polls, cost))
    return found


def _middle(runs: Sequence[Load]) -> Load:
    return Load(
        runs[0].polling,
        runs[0].messages,
        median(run.deliveries for run in runs),
        median(run.polls for run in runs),
        median(run.cost for run in runs),
    )


@lru_cache(maxsize=4)
def of(study: Study, figure: str) -> Model | None:
    """None where there are too few cells. It is fitted once for each study."""
    try:
        return Model(study, figure)
    except TooFew:
        return None
