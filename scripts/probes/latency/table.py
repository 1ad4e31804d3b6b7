"""The probe's tables: delays from the intended moment beside those of a closed loop, and the load
that they were measured under."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from probes.bench.figures import FIGURES, PERCENTILES, SPLIT
from probes.bench.latency import decoded
from probes.bench.result import Result, Run, Verdict
from probes.bench.show import cell, shown
from probes.loads.numbers import median
from probes.statistics.bootstrap import interval

_LOAD = (
    "offered_per_s",
    "achieved_per_s",
    "deliveries",
    "cpu_us_per_delivery",
    "requests_per_delivery",
    "wasted_polls_per_delivery",
    "wire_bytes_per_delivery",
    "missed_polls",
    "client_share",
    "client_lag_p99_ms",
    "server_share",
    "others_share",
    "network_share",
    "network_late_p99_ms",
    "clock_offset_ms",
    "clock_error_ms",
    "lost",
    "doubled",
    "disordered",
)


def tables(result: Result) -> None:
    """Medians over the runs, with an interval of 95 % by the bootstrap."""
    groups = cells(result.runs)
    console = _console()
    console.print(_delays(groups))
    console.print(_columns(groups, _LOAD))
    split = _split(groups)
    if split.row_count:
        console.print(split)
    console.print(
        f"Medians of {result.settings.get('runs', 1)} runs, and where 95 % of 2,000 draws from "
        "them lay. Intended: from the moment at which a message was due to be sent."
    )
    console.print(*result.machine.values())


def cells(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs that belong together, by their transport and its interval."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(cell(run.parameters), []).append(run)
    return {name: groups[name] for name in sorted(groups)}


def with_interval(values: Sequence[float]) -> str:
    """The median and its interval, as a table shows them."""
    if not values:
        return ""
    low, high = map(shown, interval(values))
    return shown(median(values)) + (f"  ({low} to {high})" if low != high else "")


def values(runs: Sequence[Run], figure: str) -> list[float]:
    """Of those that have it."""
    return [run.figures[figure] for run in runs if figure in run.figures]


def verdicts(runs: Sequence[Run]) -> str:
    """How many there are of each."""
    counts = [(sum(run.verdict is verdict for run in runs), verdict) for verdict in Verdict]
    return ", ".join(f"{count} {verdict}" for count, verdict in counts if count)


def _delays(groups: dict[str, list[Run]]) -> Table:
    table = Table("send to receive (ms)", "", "intended", "closed loop", "POST to answer", "n")
    for name, runs in groups.items():
        texts = filter(None, (run.histograms.get("delivery") for run in runs))
        number = sum(decoded(text).total_count for text in texts)
        for place, percentile in enumerate(PERCENTILES.values()):
            figures = (
                with_interval(values(runs, f"{what}_{percentile}_ms"))
                for what in ("delivery", "delivery_closed", "post")
            )
            first = (name, f"{number:,}") if not place else ("", "")
            table.add_row(first[0], percentile.replace("p999", "p99.9"), *figures, first[1])
        table.add_section()
    return table


def columns(result: Result, figures: Sequence[str]) -> None:
    """Show a column for each transport: medians over the runs, with an interval of 95 %."""
    console = _console()
    console.print(_columns(cells(result.runs), figures))
    console.print(*result.machine.values())


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def _columns(groups: dict[str, list[Run]], figures: Sequence[str]) -> Table:
    table = Table("", *groups)
    for name in figures:
        row = [with_interval(values(runs, name)) for runs in groups.values()]
        if any(row):
            table.add_row(FIGURES[name].label, *row)
    table.add_row("verdicts", *map(verdicts, groups.values()))
    return table


def _split(groups: dict[str, list[Run]]) -> Table:
    table = Table("where the time goes (ms)", *SPLIT.values())
    for name, runs in groups.items():
        row = [with_interval(values(runs, f"split_{part}_ms")) for part in SPLIT]
        if any(row):
            table.add_row(name, *row)
    return table
