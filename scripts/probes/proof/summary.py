"""The figures of a run as JSON, and for people."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from probes.proof.plan import Plan
from probes.proof.run import Outcome
from probes.rig.rig import Layout
from probes.violations import Violation, Wrong

_MOST_VIOLATIONS = 40


def figures(
    plan: Plan, layout: Layout, outcome: Outcome, facts: Mapping[str, str], words: Sequence[str]
) -> dict[str, Any]:
    """All that is worth keeping of a run, as JSON can hold it."""
    wrong = Counter(violation.what for violation in outcome.violations)
    return {
        "command": " ".join(["scripts/lab", *words]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seed": plan.seed,
        "seconds": plan.seconds,
        "nodes": layout.nodes,
        "workers": layout.workers,
        "rate": plan.rate,
        **facts,
        "proven": outcome.proven,
        "violations": {what.value: wrong[what] for what in Wrong},
        "first violations": [str(violation) for violation in outcome.violations[:_MOST_VIOLATIONS]],
        "not covered": outcome.coverage.missing(),
        "counts": outcome.counts,
        "deliveries by transport": outcome.coverage.by_transport,
        "deliveries by kind of reader": outcome.coverage.by_kind,
        "strikes": outcome.coverage.strikes,
        "matrix": outcome.coverage.matrix,
        "streams broken": outcome.coverage.broken,
        "ends of visits": outcome.ends,
        "schedule": [
            {"fault": s.fault, "at": s.at, "ended": s.ended, "notes": s.notes}
            for s in outcome.struck
        ],
    }


def show(found: Mapping[str, Any], violations: Sequence[Violation]) -> None:
    """Tables and the verdict on standard output."""
    width = None if sys.stdout.isatty() else 120
    console = Console(highlight=False, width=width)
    counts = Table("what", "count", title=f"seed {found['seed']}, {found['seconds']:g} s")
    for what, count in found["counts"].items():
        counts.add_row(what, f"{count:,}")
    for transport, count in found["deliveries by transport"].items():
        counts.add_row(f"deliveries by {transport}", f"{count:,}")
    console.print(counts)
    if found["matrix"]:
        console.print(_matrix(found))
    verdict = Table("promise", "broken")
    for what, count in found["violations"].items():
        verdict.add_row(what, str(count))
    console.print(verdict)
    for violation in violations[:_MOST_VIOLATIONS]:
        console.print(f"WRONG: {violation}", markup=False)
    if len(violations) > _MOST_VIOLATIONS:
        console.print(f"... and {len(violations) - _MOST_VIOLATIONS} more")
    for line in found["not covered"]:
        console.print(f"NOT COVERED: {line}", markup=False)
    console.print(f"[bold]{'PROVEN' if found['proven'] else 'NOT PROVEN'}[/bold]")


def _matrix(found: Mapping[str, Any]) -> Table:
    transports = list(found["deliveries by transport"])
    title = "readers that were live during a fault and went on after it"
    table = Table("fault", "times", *transports, title=title)
    for fault, row in found["matrix"].items():
        cells = [str(row[transport]) for transport in transports]
        table.add_row(fault, str(found["strikes"][fault]), *cells)
    return table
