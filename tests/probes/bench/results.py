"""Results of the benchmark, made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from probes.bench.result import Result, Run, Verdict
from probes.bench.scenarios import SCENARIOS


def runs(
    target: str,
    figures: Mapping[str, Sequence[float]],
    scenario: str = "saturation",
    verdict: Verdict = Verdict.GOOD,
    **parameters: Any,
) -> list[Run]:
    """One run for each value that the figures have."""
    given = {**SCENARIOS[scenario].parameters(), **parameters}
    number = len(next(iter(figures.values())))
    return [
        Run(
            target,
            scenario,
            place + 1,
            given,
            {name: values[place] for name, values in figures.items()},
            verdict,
            curves={"delivery": [(0, 1.0), (50, 2.0), (99, 7.5), (100, 9.0)]},
        )
        for place in range(number)
    ]


def result(*groups: list[Run]) -> Result:
    """One invocation."""
    versions = {"tornchat": {"tornchat": "Tornchat 1"}}
    made = [run for group in groups for run in group]
    return Result(
        {"machine": "made up"}, "scripts/lab bench", "2026-01-02 03:04", {}, versions, made
    )
