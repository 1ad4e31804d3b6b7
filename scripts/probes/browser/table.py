"""The probe's table: to the row, to the paint, from the intended moment and from the actual one."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from probes.bench.figures import FIGURES, PERCENTILES
from probes.bench.result import Result, Run
from probes.bench.show import cell
from probes.latency.table import values, verdicts, with_interval

_WHATS = ("delivery", "row", "paint", "paint_closed", "post")
_LOAD = (
    *("offered_per_s", "achieved_per_s", "deliveries", "client_share", "client_lag_p99_ms"),
    *("server_share", "others_share", "clock_offset_error_ms", "clock_drift_ms"),
    *("lost", "doubled", "disordered", "refused_posts"),
)


def name_of(run: Run) -> str:
    """Which page, and by which transport."""
    given = run.parameters
    return "messenger" if given["page"] == "messenger" else f"bare, {cell(given)}"


def tables(result: Result) -> None:
    """Medians over the runs, with an interval of 95 % by the bootstrap."""
    groups: dict[str, list[Run]] = {}
    for run in result.runs:
        groups.setdefault(name_of(run), []).append(run)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    heads = ("receive", "row", "paint", "paint, closed loop", "answer to POST")
    delays = Table("from POST to ... (ms)", "", *heads)
    for name, runs in groups.items():
        for place, percentile in enumerate(PERCENTILES.values()):
            figures = [with_interval(values(runs, f"{what}_{percentile}_ms")) for what in _WHATS]
            delays.add_row("" if place else name, percentile.replace("p999", "p99.9"), *figures)
        delays.add_section()
    console.print(delays)
    load = Table("", *groups)
    for figure in _LOAD:
        row = [with_interval(values(runs, figure)) for runs in groups.values()]
        if any(row):
            load.add_row(FIGURES[figure].label, *row)
    load.add_row("verdicts", *map(verdicts, groups.values()))
    console.print(load)
    console.print(*result.machine.values())
