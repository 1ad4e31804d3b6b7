"""What searches have found so far: where the next begins, what it is compared with, and the law."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from probes.bench.result import Result, Run, Verdict
from probes.loads.numbers import median
from probes.statistics import usl

_AGAIN = 0.75
"""Of what is expected: where to begin, so that the first load holds."""
LAWS = ("capacity_per_s", "speed_up_by_cost")
"""Figures to which the law is fitted: by the clock, and by processor time."""


class Known:
    """Of one invocation; `note` each run, in order."""

    def __init__(self) -> None:
        self._capacity: dict[tuple[str, int], float] = {}
        """Transport and number of nodes -> load that held, the last time."""
        self._one: dict[str, Run] = {}
        """Transport -> the run with one node of this round."""
        self._reference: dict[str, int] = {}

    def first(self, transport: str, nodes: int) -> int:
        """Where to begin; 0 where nothing is known."""
        if load := self._capacity.get((transport, nodes)):
            return max(1, int(load * _AGAIN))
        if load := self._capacity.get((transport, nodes - 1)):
            return max(1, int(load * nodes / (nodes - 1) * _AGAIN))
        return 0

    def reference(self, transport: str) -> int:
        """The load at which costs are compared: that of the first search; 0 before it."""
        return self._reference.get(transport, 0)

    def note(self, run: Run, axis: str) -> None:
        """Keep what it found, and give it the figures that compare it with one node."""
        figures = run.figures
        transport, nodes = run.parameters["transport"], run.parameters["nodes"]
        if nodes == 1:  # that of another round says nothing of this one
            self._one.pop(transport, None)
        if "capacity_per_s" not in figures:
            return
        name = "capacity_members" if axis == "members" else "offered_per_s"
        self._capacity[transport, nodes] = figures[name]
        if f"reference_{axis}" in figures:
            self._reference.setdefault(transport, int(figures[f"reference_{axis}"]))
        if nodes == 1:
            self._one[transport] = run
        one = self._one.get(transport)
        if one is None:
            return
        figures["speed_up"] = figures["capacity_per_s"] / one.figures["capacity_per_s"]
        figures["efficiency"] = figures["speed_up"] / nodes
        cost = "cpu_us_per_delivery_nodes"
        if figures.get(cost) and one.figures.get(cost):
            figures["speed_up_by_cost"] = nodes * one.figures[cost] / figures[cost]


def conclude(found: Result, seed: int) -> None:
    """Into the settings of a result, for each transport: the law, and whether more nodes held
    more."""
    runs = [run for run in found.runs if run.parameters.get("part") == "capacity"]
    laws: dict[str, dict[str, object]] = {}
    for transport in dict.fromkeys(run.parameters["transport"] for run in runs):
        mine = [run for run in runs if run.parameters["transport"] == transport]
        laws[transport] = {figure: _law(mine, figure, seed) for figure in LAWS}
    if laws:
        found.settings["usl"] = laws
        found.settings["answer"] = {
            transport: _answer(
                [run for run in runs if run.parameters["transport"] == transport],
                found.settings["precision"],
            )
            for transport in laws
        }


def _law(runs: Iterable[Run], figure: str, seed: int) -> dict[str, object]:
    """Of the runs whose figures mean something, or of all where none do."""
    having = [run for run in runs if figure in run.figures and run.verdict is not Verdict.FAILED]
    good = [run for run in having if run.verdict is Verdict.GOOD] or having
    values: defaultdict[int, list[float]] = defaultdict(list)
    for run in good:
        values[run.parameters["nodes"]].append(run.figures[figure])
    try:
        return usl.fit(values, seed=seed).plain()
    except usl.TooFew as few:
        return {"note": str(few)}


def _answer(runs: Sequence[Run], precision: float) -> str:
    """Whether capacity rose with the nodes, and if not what stopped it. It rose where all rounds
    agree, and by more than the search can tell."""
    ends = [run for run in runs if "capacity_per_s" in run.figures]
    if not ends:
        return "no load held"
    sizes = [run.parameters["nodes"] for run in ends]
    few, many = (
        [run for run in ends if run.parameters["nodes"] == size]
        for size in (min(sizes), max(sizes))
    )
    if min(sizes) == max(sizes):
        return f"capacity is known for {min(sizes)} node(s) alone"
    before = [run.figures["capacity_per_s"] for run in few]
    after = [run.figures["capacity_per_s"] for run in many]
    change = (
        f"from {median(before):,.0f} to {median(after):,.0f} deliveries/s "
        f"from {min(sizes)} to {max(sizes)} nodes"
    )
    if any(run.verdict is Verdict.REFUSED for run in (*few, *many)):
        change += ", without a verdict"
    if min(after) > max(before) * (1 + precision):
        return f"capacity rose {change}"
    stops = [note for note in many[-1].notes if note.startswith(("stopped", "there"))]
    return "; ".join([f"capacity did not rise measurably ({change})", *stops])
