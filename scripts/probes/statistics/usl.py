"""The Universal Scalability Law: what contention and coordination leave of more processors.

``C(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1))`` (Neil Gunther): ``lambda`` is what one
does, ``sigma`` the share of work that goes one at a time, and ``kappa`` what keeping each other
informed costs. With ``kappa`` above 0 there is a most, after which more is less.

``n / C(n)`` is linear in ``1/lambda``, ``sigma/lambda`` and ``kappa/lambda``, none of which is
below 0: so the fit is one non-negative least-squares problem, of relative errors, with one answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import nnls

PARAMETERS = 3
_RESAMPLES = 1000
_MORE = 1.05
"""Times what would be in proportion; less is noise."""


class TooFew(ValueError):
    """There are fewer sizes than the law has parameters; the text says so."""


@dataclass(frozen=True, slots=True)
class Law:
    """``lam`` in the unit of the capacity."""

    lam: float
    sigma: float
    kappa: float

    def at(self, n: float) -> float:
        """The capacity of ``n``."""
        return self.lam * n / (1 + self.sigma * (n - 1) + self.kappa * n * (n - 1))

    @property
    def peak(self) -> float:
        """The ``n`` that does the most; infinite without coordination."""
        if not self.kappa:
            return math.inf
        return math.sqrt(max(0.0, 1 - self.sigma) / self.kappa)


@dataclass(frozen=True, slots=True)
class Fit:
    """The law, and how sure it is: intervals of its parameters, and rows of ``n``, low, fitted and
    high; empty where no size was measured more than once. ``note``: what to know of it."""

    law: Law
    share: float
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    band: Sequence[tuple[float, float, float, float]] = ()
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """For JSON; ``peak`` is None where there is none."""
        peak = self.law.peak
        return {
            **asdict(self.law),
            "peak": peak if math.isfinite(peak) else None,
            "share": self.share,
            "intervals": {name: list(pair) for name, pair in self.intervals.items()},
            "band": [list(row) for row in self.band],
            "note": self.note,
        }


def law_of(points: Iterable[tuple[float, float]]) -> Law:
    """The law that comes nearest to pairs of ``n`` and capacity. Raises `TooFew`."""
    known = [(n, capacity) for n, capacity in points if capacity > 0]
    sizes = {n for n, _ in known}
    if len(sizes) < PARAMETERS:
        raise TooFew(
            f"the law has {PARAMETERS} parameters, and capacity is known for {len(sizes)} "
            f"size{'' if len(sizes) == 1 else 's'}"
        )
    n = np.array([n for n, _ in known], dtype=float)
    capacity = np.array([capacity for _, capacity in known], dtype=float)
    # Each row times capacity / n: the left side is 1 then, and errors are relative.
    rows = np.column_stack([np.ones_like(n), n - 1, n * (n - 1)]) * (capacity / n)[:, None]
    (one, contention, coordination), _ = nnls(rows, np.ones_like(n))
    if one <= 0:
        raise TooFew("capacity grows faster than any law of this kind: measure more sizes")
    return Law(1 / one, contention / one, coordination / one)


def fit(
    capacities: Mapping[int, Sequence[float]],
    at: Sequence[float] = (),
    share: float = 0.95,
    seed: int = 1,
) -> Fit:
    """The law by all values of each size, and its band by the bootstrap over the repeats of each.

    ``at``: where the band is wanted; without it from 1 to twice the largest size. Raises `TooFew`.
    """
    law = law_of((n, value) for n, values in capacities.items() for value in values)
    sizes = sorted(n for n, values in capacities.items() if values)
    notes = _notes(capacities, sizes)
    if all(len(capacities[n]) < 2 for n in sizes):
        return Fit(law, share, note="; ".join([*notes, "no repeats: no band"]))
    at = at or [float(x) for x in np.linspace(1, 2 * sizes[-1], 4 * sizes[-1] + 1)]
    laws = _resampled(capacities, seed)
    edges = (50 * (1 - share), 50 * (1 + share))
    intervals = {
        name: _interval([getattr(one, name) for one in laws], edges)
        for name in ("lam", "sigma", "kappa")
    }
    band = []
    for n in at:
        low, high = _interval([one.at(n) for one in laws], edges)
        band.append((n, low, law.at(n), high))
    return Fit(law, share, intervals, band, "; ".join(notes))


def _notes(capacities: Mapping[int, Sequence[float]], sizes: Sequence[int]) -> list[str]:
    """What to know of a fit to these."""
    notes = []
    if len(sizes) == PARAMETERS:
        text = f"{PARAMETERS} sizes for {PARAMETERS} parameters: nothing is left to test the law"
        notes.append(text)
    one = np.median(capacities[sizes[0]]) / sizes[0]
    if any(np.median(capacities[n]) > _MORE * n * one for n in sizes):
        text = "more came than in proportion, which the law does not know: contention shows as 0"
        notes.append(text)
    return notes


def _resampled(capacities: Mapping[int, Sequence[float]], seed: int) -> list[Law]:
    chance = np.random.default_rng(seed)
    laws = []
    for _ in range(_RESAMPLES):
        points = [
            (float(n), float(value))
            for n, values in capacities.items()
            if values
            for value in chance.choice(np.asarray(values, dtype=float), len(values))
        ]
        with suppress(TooFew):  # a draw of the luckiest values may look like no law at all
            laws.append(law_of(points))
    return laws


def _interval(values: Sequence[float], edges: tuple[float, float]) -> tuple[float, float]:
    low, high = np.percentile(values, edges)
    return float(low), float(high)
