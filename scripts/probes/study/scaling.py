"""Capacity against worker nodes, and by transport, from results of ``scripts/lab scale``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probes.bench.result import Result, Run, Verdict
from probes.study.matrix import POLLED
from probes.study.reading import Estimate

PARTS = ("scale", "nodes")
"""Nodes that join, and one node by each transport."""


class Scaling:
    """``results``: part -> result, of which one is looked at."""

    def __init__(self, results: Mapping[str, Result], part: str = PARTS[0]) -> None:
        self.result = results.get(part)

    @property
    def transports(self) -> list[str]:
        """Those whose capacity is known."""
        return list(dict.fromkeys(run.parameters["transport"] for run in self._runs))

    @property
    def limit(self) -> float:
        """Of the delay at the 99th percentile, in ms."""
        return float(self._parameter("limit_ms", 250.0))

    @property
    def rate(self) -> float:
        """Messages a second."""
        return float(self._parameter("rate", 0.0))

    @property
    def quota(self) -> float:
        """Share of one processor that each node has; 0: no limit."""
        return float(self._parameter("quota", 0.0))

    @property
    def interval(self) -> float | None:
        """Between short polls (s), where these are there."""
        found = (run for run in self._runs if run.parameters["transport"] == POLLED)
        return next((run.parameters.get("interval") for run in found), None)

    def nodes(self, transport: str) -> list[int]:
        """The numbers of nodes that were tried."""
        found = (run for run in self._runs if run.parameters["transport"] == transport)
        return sorted({int(run.parameters["nodes"]) for run in found})

    def estimate(self, transport: str, nodes: int, figure: str) -> Estimate | None:
        """A figure of the runs with so many nodes: with a verdict, or all that are complete."""
        runs = [
            run
            for run in self._runs
            if (run.parameters["transport"], run.parameters["nodes"]) == (transport, nodes)
            and figure in run.figures
        ]
        good = [run for run in runs if run.verdict is Verdict.GOOD]
        values = [run.figures[figure] for run in good or runs]
        return Estimate.of(values, bool(good)) if values else None

    def law(self, transport: str, figure: str = "capacity_per_s") -> Mapping[str, Any]:
        """What was fitted: ``lam``, ``sigma``, ``kappa``, ``intervals``, ``band``, ``note``; or
        only a note."""
        laws = self.result.settings.get("usl", {}) if self.result else {}
        found: Mapping[str, Any] = laws.get(transport, {}).get(figure, {})
        return found

    def stopped(self, transport: str) -> list[str]:
        """What stopped the last search with the most nodes, in the words of the probe."""
        runs = [run for run in self._runs if run.parameters["transport"] == transport]
        if not runs:
            return []
        most = max(run.parameters["nodes"] for run in runs)
        last = [run for run in runs if run.parameters["nodes"] == most][-1]
        return [note for note in last.notes if note.startswith(("stopped", "there"))]

    def plain(self) -> dict[str, Any]:
        """For a plot."""
        found: dict[str, Any] = {}
        for transport in self.transports:
            points = []
            for nodes in self.nodes(transport):
                one = self.estimate(transport, nodes, "capacity_per_s")
                if one is not None:
                    row = {"middle": one.middle, "low": one.low, "high": one.high}
                    points.append({"nodes": nodes, **row, "runs": one.runs})
            if points:
                law = dict(self.law(transport))
                kept = ("lam", "sigma", "kappa", "band", "note")
                found[transport] = {"points": points, "law": {k: law.get(k) for k in kept}}
        return found

    def _parameter(self, name: str, default: float) -> float:
        found: float = self._runs[0].parameters.get(name, default) if self._runs else default
        return found

    @property
    def _runs(self) -> list[Run]:
        """The searches for a capacity that came to their end."""
        runs = self.result.runs if self.result else []
        return [
            run
            for run in runs
            if run.parameters.get("part") == "capacity" and run.verdict is not Verdict.FAILED
        ]
