"""Counters, gauges and histograms that cost next to nothing where they are counted.

They belong to one thread, the loop's, and so need no locks. What they hold goes into a file once a
second (`metrics_file`), and a process of its own makes Prometheus' text of all those files
(`metrics_server`). ``docs/decisions/metrics.md`` has the reasons.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Generic, TypeVar

MOST_CHILDREN = 500
"""Of one figure. Labels are made to be few; a mistake must not eat the memory of the server."""
OTHER = "other"


class _Number:
    """A child with one value."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    @property
    def parts(self) -> list[str]:
        """Names of the values, in their order."""
        return [""]

    def values(self) -> list[float]:
        return [self.value]


class Count(_Number):
    """Only grows."""

    __slots__ = ()

    def inc(self, by: float = 1) -> None:
        """So many more."""
        self.value += by

    def carry(self, before: Sequence[float]) -> None:
        """Go on from what another process had counted."""
        self.value += before[0]


class Level(_Number):
    """Goes up and down."""

    __slots__ = ()

    def inc(self, by: float = 1) -> None:
        self.value += by

    def dec(self, by: float = 1) -> None:
        self.value -= by

    def set(self, value: float) -> None:
        self.value = value

    def carry(self, before: Sequence[float]) -> None:
        """How things stood with a process that has ended means nothing."""


class Distribution:
    """How many observations lie above each bound up to the next."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0.0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one more of this size. Less than nothing (clocks that differ) is nothing."""
        if value < 0:
            value = 0.0
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    @property
    def parts(self) -> list[str]:
        return [*map(repr, self._bounds), "+Inf", "sum"]

    def values(self) -> list[float]:
        return [*self._counts, self._sum]

    def carry(self, before: Sequence[float]) -> None:
        """Go on from what another process had observed."""
        *counts, total = before
        self._counts = [mine + theirs for mine, theirs in zip(self._counts, counts, strict=True)]
        self._sum += total


Child = Count | Level | Distribution
C = TypeVar("C", bound=Child)


class Figure(Generic[C]):
    """A figure with its children, one for each combination of its labels' values.

    ``labels``: name -> the values known beforehand, which are there from the beginning, at nought.
    Values that come later must be few and never made up by a client.
    """

    kind = ""

    def __init__(
        self, name: str, text: str, labels: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.name = name
        self.text = text
        self.label_names = tuple(labels or ())
        self.children: dict[tuple[str, ...], C] = {}
        for combination in product(*(labels or {}).values()):
            self.labels(*combination)

    def labels(self, *values: str) -> C:
        """The child with these labels, in the order of their names. Keep it where it is hot."""
        child = self.children.get(values)
        if child is None:
            assert len(values) == len(self.label_names), f"{self.name} has {self.label_names}"
            if len(self.children) >= MOST_CHILDREN:
                values = (OTHER,) * len(values)
            child = self.children.setdefault(values, self._child())
        return child

    def _child(self) -> C:
        raise NotImplementedError


class Counter(Figure[Count]):
    """Figures whose name ends in ``_total``: summed over all processes, the dead included."""

    kind = "counter"

    def _child(self) -> Count:
        return Count()

    @cached_property
    def inc(self) -> Callable[..., None]:
        """`Count.inc` of a counter without labels, bound once: a call less where it is hot."""
        return self.labels().inc


class Gauge(Figure[Level]):
    """``over``: what is made of the values of several living processes."""

    kind = "gauge"

    def __init__(
        self,
        name: str,
        text: str,
        labels: Mapping[str, Sequence[str]] | None = None,
        *,
        over: str = "sum",
    ) -> None:
        super().__init__(name, text, labels)
        assert over in ("sum", "max")
        self.over = over

    def _child(self) -> Level:
        return Level()

    @cached_property
    def set(self) -> Callable[[float], None]:
        """`Level.set` of a gauge without labels."""
        return self.labels().set


class Histogram(Figure[Distribution]):
    """``bounds``: upper bounds of the buckets, but for the last, which has none."""

    kind = "histogram"

    def __init__(
        self,
        name: str,
        text: str,
        bounds: tuple[float, ...],
        labels: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.bounds = bounds
        super().__init__(name, text, labels)

    def _child(self) -> Distribution:
        return Distribution(self.bounds)

    @cached_property
    def observe(self) -> Callable[[float], None]:
        """`Distribution.observe` of a histogram without labels."""
        return self.labels().observe


AnyFigure = Counter | Gauge | Histogram
