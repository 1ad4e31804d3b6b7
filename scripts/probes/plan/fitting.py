"""Costs that no single run shows: those that explain all runs together best.

A process is woken, does what has come, and sleeps. What has come together shares the waking, the
system calls and the commit, so a part of each cost is divided by the batch. No cost is negative
(least squares with that constraint; Lawson and Hanson, 1974), errors are relative, and each group
of repetitions counts the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from probes.plan.cells import Cell, groups

_AGAIN = 200
_SEED = 1
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Terms:
    """``row``: the factors of a cell, one for each of ``names``; ``used``: what they explain, in
    cores. A cost is in seconds of a processor for each, or for each second."""

    names: tuple[str, ...]
    row: Callable[[Cell], Sequence[float]]
    used: Callable[[Cell], float]

    def predicted(self, cell: Cell, costs: Sequence[float]) -> float:
        """Cores."""
        return sum(factor * cost for factor, cost in zip(self.row(cell), costs, strict=True))


WORKER = Terms(
    ("worker_base", "post", "post_wake", "write", "event"),
    lambda cell: (
        cell.workers,
        cell.rate,
        cell.rate / cell.batch,
        cell.deliveries / cell.batch,
        cell.deliveries,
    ),
    lambda cell: cell.worker,
)
REDIS = Terms(
    ("redis_base", "append", "append_wake"),
    lambda cell: (1.0, cell.rate, cell.rate / cell.batch),
    lambda cell: cell.redis,
)


def fit(terms: Terms, cells: Sequence[Cell]) -> tuple[float, ...]:
    """The costs, by the order of ``terms.names``."""
    sizes = {group: len(runs) for group, runs in groups(cells).items()}
    used = np.array([terms.used(cell) for cell in cells])
    weights = np.array([sizes[cell.group] ** -0.5 for cell in cells]) / used
    rows = np.array([terms.row(cell) for cell in cells])
    found, _ = nnls(rows * weights[:, None], used * weights)
    return tuple(map(float, found))


def spread(terms: Terms, cells: Sequence[Cell]) -> list[tuple[float, float]]:
    """Where 95 % of the costs lie when the runs of each group are drawn again (bootstrap) and one
    group, another each time, is left out: the model may be wrong about groups."""
    chance = np.random.default_rng(_SEED)
    known = list(groups(cells).values())
    found = []
    for turn in range(_AGAIN):
        kept = [runs for number, runs in enumerate(known) if number != turn % len(known)]
        drawn = [runs[one] for runs in kept for one in chance.integers(len(runs), size=len(runs))]
        found.append(fit(terms, drawn))
    low, high = np.percentile(np.array(found), [2.5, 97.5], axis=0)
    return list(zip(map(float, low), map(float, high), strict=True))


def left_out(terms: Terms, cells: Sequence[Cell]) -> dict[tuple[str, int, int], tuple[float, ...]]:
    """The costs that all other groups give, for each group."""
    return {
        group: fit(terms, [cell for cell in cells if cell.group != group])
        for group in groups(cells)
    }
