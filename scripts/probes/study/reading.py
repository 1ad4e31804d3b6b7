"""What the runs of a study say: figures with intervals, by cell, and comparisons of cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hdrh.histogram import HdrHistogram

from probes.bench.latency import decoded
from probes.bench.result import Result, Run, Verdict
from probes.bench.show import shown
from probes.loads.numbers import median
from probes.network.conditions import LOOPBACK
from probes.statistics.bootstrap import interval
from probes.study.matrix import POLLED

_COUNTED = ("cpu_us_", "bytes_per_", "wire_bytes", "up_bytes", "down_bytes")
_COUNTED_TOO = (
    *("requests_per_delivery", "wasted_polls_per_delivery", "connect_us", "lost"),
    *("idle_cpu_us_per_member", "socket_bytes_per_stream"),
)
_NAMES = {"sse": "SSE", "websocket": "WebSocket", "long-poll": "long poll", POLLED: "short poll"}
_DRAWS = 500
_HOW_LONG = ("seconds", "warm_up", "seed")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The median of some runs, and the 95 % interval by the bootstrap. ``sound``: whether these
    runs have a verdict that lets them say it."""

    middle: float
    low: float
    high: float
    runs: int
    sound: bool = True

    @classmethod
    def of(cls, values: Sequence[float], sound: bool = True) -> Estimate:
        """Raises ``ValueError`` where there are none."""
        low, high = _interval(tuple(values))
        return cls(median(values), low, high, len(values), sound)

    def times(self, factor: float) -> Estimate:
        """In another unit."""
        return Estimate(
            self.middle * factor, self.low * factor, self.high * factor, self.runs, self.sound
        )

    @property
    def certain(self) -> bool:
        """Of a ratio: whether it is beyond noise that it is not 1."""
        return self.runs > 1 and self.sound and not self.low <= 1.0 <= self.high

    def __str__(self) -> str:
        text = shown(self.middle)
        low, high = shown(self.low), shown(self.high)
        if self.runs > 1 and low != high:
            text += f" ({low} to {high})"
        return text if self.sound else f"{text} *"


@dataclass(frozen=True, slots=True)
class Way:
    """A transport, and how often it asks (seconds), where it is short polls."""

    transport: str
    interval: float | None = None

    def __str__(self) -> str:
        name = _NAMES[self.transport]
        return name if self.interval is None else f"{name}, {self.interval:g} s"

    @property
    def order(self) -> tuple[int, float]:
        return list(_NAMES).index(self.transport), self.interval or 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """The runs of one cell."""

    part: str
    parameters: Mapping[str, Any]
    runs: tuple[Run, ...]

    @property
    def way(self) -> Way:
        return Way(self.parameters["transport"], self.parameters.get("interval"))

    @property
    def subscribers(self) -> int:
        return int(self.parameters["subscribers"])

    @property
    def rate(self) -> float:
        """Messages a second."""
        return float(self.parameters.get("rate", 0.0))

    @property
    def network(self) -> str:
        return str(self.parameters.get("network", LOOPBACK))

    def values(self, figure: str) -> dict[int, float]:
        """Number of the run -> a figure. What is clocked comes from runs with a verdict, or, where
        there are none, from all that were complete; what is counted, from all that were complete.
        Runs that failed say nothing."""
        runs = [run for run in self.runs if run.verdict is not Verdict.FAILED]
        if not is_counted(figure):
            runs = [run for run in runs if run.verdict is Verdict.GOOD] or runs
        return {run.number: run.figures[figure] for run in runs if figure in run.figures}

    def says(self, figure: str) -> bool:
        """Whether the values are of runs with a verdict, or need none."""
        return is_counted(figure) or any(run.verdict is Verdict.GOOD for run in self.runs)

    def estimate(self, figure: str) -> Estimate | None:
        """None where no run has the figure."""
        values = list(self.values(figure).values())
        return Estimate.of(values, self.says(figure)) if values else None

    def histogram(self, name: str) -> HdrHistogram | None:
        """That of all its runs together, in microseconds, by the rule of `values`."""
        runs = [run for run in self.runs if run.verdict is not Verdict.FAILED]
        runs = [run for run in runs if run.verdict is Verdict.GOOD] or runs
        whole: HdrHistogram | None = None
        for run in runs:
            if text := run.histograms.get(name):
                one = decoded(text)
                if whole is None:
                    whole = one
                else:
                    whole.add(one)
        return whole


class Study:
    """``results``: part -> what was measured."""

    def __init__(self, results: Mapping[str, Result]) -> None:
        self.results = results
        self.groups = [group for part, one in results.items() for group in _groups(part, one)]

    @property
    def runs(self) -> list[Run]:
        return [run for group in self.groups for run in group.runs]

    def find(self, *parts: str, **parameters: Any) -> list[Group]:
        """Those with these parameters, in the order of their ways."""
        found = [
            group
            for group in self.groups
            if group.part in parts
            and all(group.parameters.get(name) == value for name, value in parameters.items())
        ]
        return sorted(found, key=lambda group: (group.way.order, group.rate, group.subscribers))

    def one(self, *parts: str, **parameters: Any) -> Group | None:
        """The first of them."""
        found = self.find(*parts, **parameters)
        return found[0] if found else None


def ratio(first: Group | None, second: Group | None, figure: str) -> Estimate | None:
    """How many times the second's a figure of the first is, by the pairs of runs with the same
    number, which were made one after the other on one server."""
    if first is None or second is None:
        return None
    above, below = first.values(figure), second.values(figure)
    pairs = [above[number] / below[number] for number in above if below.get(number)]
    if not pairs:
        return None
    return Estimate.of(pairs, first.says(figure) and second.says(figure))


@lru_cache(maxsize=4096)
def _interval(values: tuple[float, ...]) -> tuple[float, float]:
    return interval(values, draws=_DRAWS)


def is_counted(figure: str) -> bool:
    """Whether a figure is counted, and not clocked: processor time, bytes, requests. It means
    something also where somebody else was in the way."""
    return figure.startswith(_COUNTED) or figure in _COUNTED_TOO


def _groups(part: str, one: Result) -> Iterable[Group]:
    cells: dict[str, list[Run]] = {}
    for run in one.runs:
        asked = {name: value for name, value in run.parameters.items() if name not in _HOW_LONG}
        cells.setdefault(repr(sorted(asked.items())), []).append(run)
    return [Group(part, runs[0].parameters, tuple(runs)) for runs in cells.values()]
