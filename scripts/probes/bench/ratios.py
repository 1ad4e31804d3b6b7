"""How two series of a figure compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from probes.loads.numbers import median


@dataclass(frozen=True, slots=True)
class Ratio:
    """``middle``: that of the medians; ``low`` and ``high``: those of the pairs of runs."""

    middle: float
    low: float
    high: float
    pairs: int

    def verdict(self, better: str) -> str:
        """In words; ``better`` is "more", "less" or "", as of a `probes.bench.figures.Figure`."""
        if not better:
            return ""
        if self.pairs < 2:
            return "one pair only"
        if self.low <= 1.0 <= self.high:
            return "within noise"
        return "better" if (self.low > 1.0) == (better == "more") else "worse"


Pairs = Iterable[tuple[float, float]]


def pairs_of(base: Mapping[int, float], other: Mapping[int, float]) -> list[tuple[float, float]]:
    """Values of the runs with the same number, which were made one after the other."""
    return [(base[number], other[number]) for number in base if number in other]


def ratio(pairs: Pairs) -> Ratio | None:
    """Of the second to the first; None where there are no pairs, or a first one is 0."""
    known = list(pairs)
    if not known or not all(base for base, _ in known):
        return None
    middle = median(other for _, other in known) / median(base for base, _ in known)
    each = [other / base for base, other in known]
    return Ratio(middle, min(each), max(each), len(known))
