"""Percentiles and histograms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile; ``share`` from 0 to 1. 0.0 where there are no values."""
    ranked = sorted(values)
    if not ranked:
        return 0.0
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def median(values: Iterable[float]) -> float:
    """The middle one, or the mean of the two in the middle. 0.0 where there are no values."""
    ranked = sorted(values)
    if not ranked:
        return 0.0
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2


def histogram(values: Sequence[float], width: float) -> list[int]:
    """How many there are in each interval of ``width``, from 0 on. Negative ones count as 0."""
    counts = Counter(max(0, int(value // width)) for value in values)
    return [counts[number] for number in range(max(counts, default=-1) + 1)]
