"""The probe's table: a part for each rate of messages, a row for each transport."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from probes.bench.figures import FIGURES
from probes.bench.result import Result, Run
from probes.bench.show import cell
from probes.latency.table import values, verdicts, with_interval

_COLUMNS = {
    "requests_per_delivery": "requests",
    "wasted_polls_per_delivery": "in vain",
    "up_bytes_per_delivery": "bytes up",
    "down_bytes_per_delivery": "bytes down",
    "wire_bytes_per_delivery": "bytes",
    "opening_bytes": "bytes to begin with",
}
assert _COLUMNS.keys() <= FIGURES.keys()


def tables(result: Result) -> None:
    """Medians over the runs, with an interval of 95 % by the bootstrap where there are several."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    table = Table("a message each", "for each delivery", *_COLUMNS.values(), "verdicts")
    for every, groups in _parts(result.runs).items():
        for place, (name, runs) in enumerate(groups.items()):
            row = [with_interval(values(runs, figure)) for figure in _COLUMNS]
            first = "" if place else f"{every:g} s"
            table.add_row(first, name, *row, verdicts(runs))
        table.add_section()
    console.print(table)
    console.print(
        "Of HTTP and WebSocket, as it was written to the sockets and read from them: TCP, IP and "
        "acknowledgements come on top. A text has 200 bytes unless --size says otherwise; posts "
        "are left out."
    )
    console.print(*result.machine.values())


def _parts(runs: list[Run]) -> dict[float, dict[str, list[Run]]]:
    """Seconds between messages -> transport -> runs; the rarest messages first."""
    parts: dict[float, dict[str, list[Run]]] = {}
    for run in runs:
        every = round(1 / run.parameters["rate"], 6)
        parts.setdefault(every, {}).setdefault(cell(run.parameters), []).append(run)
    return {every: dict(sorted(parts[every].items())) for every in sorted(parts, reverse=True)}
