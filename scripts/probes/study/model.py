"""The prices of polling and of streaming, from the study's cells, and how well they fit these."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

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
        self._drawn: list[Prices] = []
        self.prices = fit([self._load(group, median) for group in self._groups])

    def estimate(self, what: Callable[[Prices], float]) -> Estimate:
        """Something that follows from the prices, with its interval by the bootstrap: each draw
        takes other runs of each cell, and is fitted anew."""
        values = sorted(what(prices) for prices in self._draws)
        spare = round((1 - _SHARE) / 2 * len(values))
        runs = sum(len(group.values(self.figure)) for group in self._groups)
        return Estimate(what(self.prices), values[spare], values[-1 - spare], runs)

    @cached_property
    def checked(self) -> list[Checked]:
        """All cells that were fitted."""
        loads = [(group, self._load(group, median)) for group in self._groups]
        return [Checked(group, load.cost, self.prices.cost(load)) for group, load in loads]

    @cached_property
    def _draws(self) -> list[Prices]:
        chance = random.Random(1)

        def any_of(values: Sequence[float]) -> float:
            return median(chance.choices(values, k=len(values)))

        return [fit([self._load(group, any_of) for group in self._groups]) for _ in range(_DRAWS)]

    def _load(self, group: Group, middle: Callable[[Sequence[float]], float]) -> Load:
        def value(figure: str) -> float:
            return middle(list(group.values(figure).values()) or [0.0])

        deliveries = value("deliveries_per_s")
        messages = group.rate
        polls = deliveries * value("requests_per_delivery")
        polling = group.way.transport == POLLED
        return Load(polling, messages, deliveries, polls, deliveries * value(self.figure))


@lru_cache(maxsize=4)
def of(study: Study, figure: str) -> Model | None:
    """None where there are too few cells. It is fitted once for each study."""
    try:
        return Model(study, figure)
    except TooFew:
        return None
