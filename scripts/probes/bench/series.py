"""Runs that belong together: one target in one scenario, with the same parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from probes.bench.judging import BUSY, OTHERS
from probes.bench.result import Result, Run, Verdict
from probes.bench.target import USUAL_WAIT
from probes.loads.numbers import median
from probes.network.conditions import LOOPBACK

_COUNTED = ("cpu_us_", "connect_us", "idle_cpu_", "bytes_per_stream", "socket_bytes")
_DURATIONS = ("seconds", "warm_up")
_LATER = {"network": LOOPBACK, "wait": USUAL_WAIT}
"""Parameters that older results do not have, and what they were then."""


@dataclass(frozen=True, slots=True)
class Series:
    """``runs``: those of one result that count; where none has a verdict, all that were complete.
    ``refused``, ``failed``: how many there were of these, counting or not."""

    target: str
    scenario: str
    parameters: Mapping[str, Any]
    runs: tuple[Run, ...]
    refused: int
    failed: int

    @property
    def sound(self) -> bool:
        """Whether its runs say something of the server."""
        return all(run.verdict is Verdict.GOOD for run in self.runs)

    def says(self, figure: str) -> bool:
        """Whether its runs say something of this figure. Processor time and memory are counted
        and not clocked: they do where somebody else was the limit, too."""
        if figure.startswith(_COUNTED):
            return all(run.verdict is not Verdict.FAILED for run in self.runs)
        return self.sound

    @property
    def client_limited(self) -> bool:
        """Whether in all of its runs the client was too slow for the server, and nobody else in
        the way: what they show is the least that the server can do."""
        return all(
            run.verdict is Verdict.REFUSED
            and run.figures.get("client_share", 0.0) > BUSY
            and run.figures.get("others_share", 0.0) <= OTHERS
            for run in self.runs
        )

    def values(self, figure: str) -> dict[int, float]:
        """Number of the run -> the figure, where it is known."""
        return {run.number: run.figures[figure] for run in self.runs if figure in run.figures}

    def median(self, figure: str) -> float:
        return median(self.values(figure).values())

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters that decide what is measured: not how long."""
        known = {**_LATER, **self.parameters}
        return {name: value for name, value in known.items() if name not in _DURATIONS}

    def has(self, figure: str) -> bool:
        return bool(self.values(figure))


def series_of(result: Result) -> Iterator[Series]:
    """All of a result, in the order of their first runs."""
    groups: dict[str, list[Run]] = {}
    for run in result.runs:
        shape = repr((run.scenario, run.target, sorted(run.parameters.items())))
        groups.setdefault(shape, []).append(run)
    for runs in groups.values():
        good = [run for run in runs if run.verdict is Verdict.GOOD]
        complete = [run for run in runs if run.verdict is not Verdict.FAILED]
        first = runs[0]
        kept = tuple(good or complete or runs)
        verdicts = [run.verdict for run in runs]
        yield Series(
            first.target,
            first.scenario,
            first.parameters,
            kept,
            verdicts.count(Verdict.REFUSED),
            verdicts.count(Verdict.FAILED),
        )
