"""What a load probe found: figures, claims, and whether they hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Figure = int | float


@dataclass(frozen=True, slots=True)
class Claim:
    """``value`` is to be at most ``limit``, or at least where ``at_least`` says so."""

    what: str
    value: Figure
    limit: Figure
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sense = "at least" if self.at_least else "at most"
        return f"{self.what}: {shown(self.value)} ({sense} {shown(self.limit)})"


@dataclass(slots=True)
class Outcome:
    """``figures`` by their names, which carry the unit. ``bars``: tables of counts, in steps of
    time. ``void`` says why a miss would mean nothing, where it would."""

    figures: dict[str, Figure]
    claims: list[Claim]
    bars: dict[str, list[int]] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    void: str = ""

    @property
    def verdict(self) -> str:
        if all(claim.met for claim in self.claims):
            return "met"
        return "no verdict" if self.void else "missed"


def as_json(
    outcome: Outcome, probe: str, settings: Mapping[str, Any], facts: Mapping[str, str]
) -> dict[str, Any]:
    """All that is worth keeping, under the same head as the results of the lab's other probes
    (`probes.bench.result.Result`). ``facts``: what it was made on."""
    versions = dict(facts)
    return {
        "probe": probe,
        "machine": {"machine": versions.pop("machine")},
        "command": " ".join(["scripts/lab", *sys.argv[1:]]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "settings": dict(settings),
        "versions": {"tornchat": versions},
        "verdict": outcome.verdict,
        "void": outcome.void,
        "claims": [
            {
                "what": claim.what,
                "value": _rounded(claim.value),
                "limit": claim.limit,
                "at least": claim.at_least,
                "met": claim.met,
            }
            for claim in outcome.claims
        ],
        "figures": {name: _rounded(value) for name, value in outcome.figures.items()},
        "bars": outcome.bars,
        "details": outcome.details,
    }


def write(found: Mapping[str, Any], path: Path) -> None:
    """As JSON that a person can read as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def show(outcome: Outcome) -> None:
    """Figures and verdict on standard output."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    table = Table("figure", "value")
    for name, value in outcome.figures.items():
        table.add_row(name, shown(value))
    console.print(table)
    for name, counts in outcome.bars.items():
        console.print(f"{name}: {' '.join(map(str, counts))}", markup=False)
    for line in outcome.details:
        console.print(f"WRONG: {line}", markup=False)
    for claim in outcome.claims:
        console.print(f"{'met' if claim.met else 'MISSED'}: {claim}", markup=False)
    if outcome.void:
        console.print(f"The machine was not at rest: {outcome.void}", markup=False)
    console.print(f"[bold]{outcome.verdict.upper()}[/bold]")


def shown(value: Figure) -> str:
    """A figure with as many digits as mean something."""
    value = _rounded(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _rounded(value: Figure) -> Figure:
    if value == int(value):
        return int(value)
    return round(value, 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 4)
