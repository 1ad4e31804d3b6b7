"""What was found, for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from probes.bench.figures import FIGURES
from probes.bench.result import Result, Run
from probes.bench.show import shown
from probes.loads.numbers import median

_CAPACITY = (
    "capacity_members",
    "capacity_per_s",
    "offered_per_s",
    "achieved_per_s",
    "speed_up",
    "efficiency",
    "delivery_p50_ms",
    "delivery_p99_ms",
    "server_share",
    "client_share",
    "cpu_us_per_delivery",
    "cpu_us_per_delivery_nodes",
    "cpu_us_per_delivery_redis",
    "cpu_us_per_delivery_proxy",
    "cpu_us_per_delivery_database",
    "speed_up_by_cost",
    "lost",
    "doubled",
    "disordered",
)
_LAW_TITLES = {
    "capacity_per_s": "by the clock (deliveries a second)",
    "speed_up_by_cost": "by processor time for each delivery",
}


def tables(found: Result) -> None:
    """A table for each transport with a column for each number of nodes, and the law."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    runs = [run for run in found.runs if run.parameters["part"] == "capacity"]
    for transport in dict.fromkeys(run.parameters["transport"] for run in runs):
        mine = [run for run in runs if run.parameters["transport"] == transport]
        console.print(_table(transport, mine))
        for figure, law in found.settings.get("usl", {}).get(transport, {}).items():
            console.print(f"{_LAW_TITLES[figure]}: {_law(law)}")
        console.print(*(f"{who}\n" for who in _stops(mine)), sep="")
        console.print(found.settings["answer"][transport])
    for run in found.runs:
        if run.parameters["part"] == "rebalance":
            console.print(_rebalance(run))
    console.print(*found.machine.values(), found.settings.get("pinning", ""), sep="; ")


def _table(transport: str, runs: list[Run]) -> Table:
    counts = sorted({run.parameters["nodes"] for run in runs})
    table = Table(transport, *(f"{n} node{'s' if n > 1 else ''}" for n in counts))
    by = {n: [run for run in runs if run.parameters["nodes"] == n] for n in counts}
    for name in _CAPACITY:
        cells = [_cell([r.figures[name] for r in by[n] if name in r.figures]) for n in counts]
        if any(cells):
            table.add_row(FIGURES[name].label, *cells)
    table.add_row("verdicts", *(", ".join(run.verdict for run in by[n]) for n in counts))
    return table


def _rebalance(run: Run) -> Table:
    table = Table("rebalancing", str(run.verdict))
    for name, value in run.figures.items():
        table.add_row(FIGURES[name].label, shown(value))
    for note in run.notes:
        table.add_row("", note)
    return table


def _stops(runs: list[Run]) -> list[str]:
    """Of the last run for each number of nodes: what stopped it."""
    last = {run.parameters["nodes"]: run for run in runs}
    return [f"{n} node{'s' if n > 1 else ''}: {'; '.join(run.notes)}" for n, run in last.items()]


def _law(law: Mapping[str, Any]) -> str:
    if "sigma" not in law:
        return f"no law fitted: {law['note']}"
    parts = []
    for name, called in (("sigma", "contention"), ("kappa", "coordination")):
        known = f"{called} {law[name]:.4f}"
        if name in law["intervals"]:
            low, high = law["intervals"][name]
            known += f" ({low:.4f} to {high:.4f})"
        parts.append(known)
    if law["peak"] is not None:
        parts.append(f"the most at {law['peak']:.0f} nodes")
    return "; ".join([*parts, *filter(None, [law["note"]])])


def _cell(values: list[float]) -> str:
    """The median, and from where to where the runs went."""
    if not values:
        return ""
    low, high = min(values), max(values)
    spread = f"  ({shown(low)} to {shown(high)})" if shown(low) != shown(high) else ""
    return shown(median(values)) + spread
