"""Progress and results on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from probes.bench.figures import FIGURES
from probes.bench.result import Result, Run, Verdict
from probes.loads.numbers import median


@contextmanager
def progress(where: str) -> Iterator[Callable[[str], None]]:
    """What is being done, on one line of a terminal; nothing where there is none."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    with console.status(where) as status:
        yield lambda text: status.update(f"{where}: {text}")


def cell(parameters: Mapping[str, Any]) -> str:
    """By which transport, if by any, and where it polls how often, of a run's parameters."""
    every = parameters.get("interval")
    return str(parameters.get("transport", "")) + ("" if every is None else f" each {every:g} s")


def line(run: Run) -> None:
    """One run, as soon as it is over, on standard error."""
    parts = [f"{run.scenario} {run.number} {run.target} {cell(run.parameters)}: {run.verdict}"]
    parts += [
        f"{FIGURES[name].title} {shown(run.figures[name])} {FIGURES[name].unit}".rstrip()
        for name in _TELLING
        if name in run.figures
    ]
    print("; ".join([*parts, *run.notes]), file=sys.stderr, flush=True)


_TELLING = (
    "nodes",
    "capacity_members",
    "capacity_per_s",
    "speed_up",
    "deliveries_per_s",
    "cpu_us_per_delivery",
    "delivery_p50_ms",
    "delivery_p99_ms",
    "post_p50_ms",
    "post_p99_ms",
    "requests_per_delivery",
    "wire_bytes_per_delivery",
    "cpu_us_per_message",
    "bytes_per_stream",
    "connect_us",
    "idle_cpu_percent",
    "server_share",
    "client_share",
    "others_share",
)


def tables(result: Result) -> None:
    """Medians and spread: a table for each scenario, a column for each target."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    for scenario in dict.fromkeys(scenario for scenario, _ in result.pairs):
        targets = [target for one, target in result.pairs if one == scenario]
        table = Table(scenario, *targets, title_justify="left")
        for name, figure in FIGURES.items():
            cells = [_cell(result.values(target, scenario, name)) for target in targets]
            if any(cells):
                table.add_row(figure.label, *cells)
        table.add_row("verdicts", *(_verdicts(result, target, scenario) for target in targets))
        console.print(table)
    console.print(*result.machine.values())


def shown(value: float) -> str:
    """A figure with as many digits as mean something."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cell(values: list[float]) -> str:
    """The median, and from where to where the runs went."""
    if not values:
        return ""
    low, high = min(values), max(values)
    spread = f"  ({shown(low)} to {shown(high)})" if shown(low) != shown(high) else ""
    return shown(median(values)) + spread


def _verdicts(result: Result, target: str, scenario: str) -> str:
    verdicts = [run.verdict for run in result.of_target(target, scenario)]
    counts = [(verdicts.count(verdict), verdict) for verdict in Verdict]
    return ", ".join(f"{count} {verdict}" for count, verdict in counts if count)
