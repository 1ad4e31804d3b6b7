"""The committed results, and what can be found in them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probes.bench.ratios import Pairs, pairs_of
from probes.bench.result import Result, read
from probes.bench.series import Series, series_of
from probes.rig.node import ROOT

FOLDER = ROOT / "docs" / "performance"
_REMARKS = "remarks.toml"


@dataclass(frozen=True, slots=True)
class Where:
    """Runs of a scenario. ``parameters``: those that must have this value."""

    scenario: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, series: Series) -> bool:
        given = series.parameters
        return series.scenario == self.scenario and all(
            given.get(name) == value for name, value in self.parameters.items()
        )


class Evidence:
    """``remarks``: key of a claim -> what a person has to say about it."""

    def __init__(self, results: Sequence[Result], remarks: Mapping[str, str] | None = None) -> None:
        self.results = results
        self.remarks = remarks or {}
        self._parts = [list(series_of(result)) for result in results]

    @classmethod
    def committed(cls, folder: Path = FOLDER) -> Evidence:
        """What is in a folder, by the names of its files. Raises `BadResult`."""
        remarks = folder / _REMARKS
        known = tomllib.loads(remarks.read_text("utf-8")) if remarks.exists() else {}
        return cls([read(path) for path in sorted(folder.glob("*.json"))], known)

    @property
    def series(self) -> list[Series]:
        """All of all results."""
        return [series for part in self._parts for series in part]

    def find(self, target: str, where: Where) -> Sequence[Series]:
        """Those of one target, each of another result or with other parameters: all with a
        verdict, or, where there are none, the others."""
        known = [one for one in self.series if one.target == target and where.fits(one)]
        return counting(known)

    def values(self, target: str, where: Where, figure: str) -> list[float]:
        """One figure in all runs that count."""
        return [value for one in self.find(target, where) for value in one.values(figure).values()]

    def pairs(self, base: tuple[str, Where], other: tuple[str, Where], figure: str) -> Pairs:
        """Of a target and place each; only runs of the same result are a pair."""
        firsts, seconds = self.find(*base), self.find(*other)
        return [
            pair
            for part in self._parts
            for first in part
            if first in firsts
            for second in part
            if second in seconds
            for pair in pairs_of(first.values(figure), second.values(figure))
        ]


def counting(series: Sequence[Series]) -> Sequence[Series]:
    """Those with a verdict, or, where there are none, all."""
    return [one for one in series if one.sound] or series


def all_say(series: Iterable[Series], figure: str) -> bool:
    """Whether all runs that count say something of this figure."""
    return all(one.says(figure) for one in series)
