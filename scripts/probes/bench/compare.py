"""``scripts/lab compare A.json B.json``: what got better or worse from one result to another."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from probes.bench.figures import FIGURES
from probes.bench.ratios import Ratio, pairs_of, ratio
from probes.bench.result import BadResult, Result, read
from probes.bench.series import Series, series_of
from probes.bench.show import shown

COMPARED, COULD_NOT = 0, 2
_WIDTH = 110


class CannotCompare(Exception):
    """Two results have nothing in common; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one scenario, in both."""

    scenario: str
    target: str
    figure: str
    base: float
    other: float
    ratio: Ratio
    sound: bool

    @property
    def verdict(self) -> str:
        """In words, in brackets where the runs have no verdict themselves."""
        said = self.ratio.verdict(FIGURES[self.figure].better)
        return said if self.sound or not said else f"({said})"


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.add_argument("base", type=Path, metavar="A.json", help="what is compared with")
    parser.add_argument("other", type=Path, metavar="B.json", help="what is compared")
    parser.add_argument("--all", action="store_true", help="also figures that are no merit")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    try:
        base, other = read(given.base), read(given.other)
        found = rows(base, other)
    except (BadResult, CannotCompare, OSError) as wrong:
        print(f"scripts/lab compare: {wrong}", file=sys.stderr)
        return COULD_NOT
    show([row for row in found if given.all or FIGURES[row.figure].better])
    if not all(row.sound for row in found):
        print("(in brackets): the client, or others on the machine, were the limit of all its runs")
    for line in differences(base, other):
        print(line)
    return COMPARED


def rows(base: Result, other: Result) -> list[Row]:
    """All figures of what both have. Raises `CannotCompare` where that is nothing."""
    pairs = list(_matched(list(series_of(base)), list(series_of(other))))
    if not pairs:
        raise CannotCompare(_why_not(base, other))
    return [row for first, second in pairs for row in _rows(first, second)]


def differences(base: Result, other: Result) -> list[str]:
    """What else differs, as a warning to whoever reads the ratios."""
    found = []
    for what in base.machine.keys() & other.machine.keys():
        one, two = base.machine[what], other.machine[what]
        if one != two:
            found.append(f"{what}: {one} -> {two}")
    for target in base.versions.keys() & other.versions.keys():
        one_of, two_of = base.versions[target], other.versions[target]
        for what in one_of.keys() | two_of.keys():
            one, two = one_of.get(what, "none"), two_of.get(what, "none")
            if one != two:
                found.append(f"{what} of {target}: {one} -> {two}")
    return sorted(found)


def show(found: Sequence[Row]) -> None:
    """As a table on standard output."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    table = Table("scenario", "target", "figure", "A", "B", "B to A", "of pairs", "verdict")
    for row in found:
        table.add_row(
            row.scenario,
            row.target,
            FIGURES[row.figure].label,
            shown(row.base),
            shown(row.other),
            f"{row.ratio.middle:.2f}",
            f"{row.ratio.low:.2f} to {row.ratio.high:.2f}",
            row.verdict,
        )
    console.print(table)


def _matched(base: Sequence[Series], other: Sequence[Series]) -> Iterable[tuple[Series, Series]]:
    """Those of the same scenario, parameters and target; where each result has one target alone,
    the two may be different ones."""
    alone = all(len({series.target for series in part}) == 1 for part in (base, other))
    for first in base:
        for second in other:
            if first.target != second.target and not alone:
                continue
            if (first.scenario, first.asked) == (second.scenario, second.asked):
                yield first, second


def _rows(first: Series, second: Series) -> Iterable[Row]:
    names = [name for name in FIGURES if first.has(name) and second.has(name)]
    both = first.target
    if second.target != both:
        both += f" -> {second.target}"
    for name in names:
        found = ratio(pairs_of(first.values(name), second.values(name)))
        if found:
            yield Row(
                first.scenario,
                both,
                name,
                first.median(name),
                second.median(name),
                found,
                first.says(name) and second.says(name),
            )


def _why_not(base: Result, other: Result) -> str:
    for part, name in ((base, "A"), (other, "B")):
        if not part.runs:
            return f"{name} has no runs"
    ours, theirs = ({run.scenario for run in part.runs} for part in (base, other))
    if not ours & theirs:
        return f"A is of {_words(ours)} and B of {_words(theirs)}: no scenario is in both"
    targets, others = ({run.target for run in part.runs} for part in (base, other))
    if not targets & others:
        return f"A measured {_words(targets)} and B {_words(others)}: no target is in both"
    for first in series_of(base):
        for second in series_of(other):
            if first.scenario == second.scenario:
                return f"{first.scenario} was not run in the same way: {_differing(first, second)}"
    return "no scenario is in both with the same parameters"


def _differing(first: Series, second: Series) -> str:
    ours, theirs = first.asked, second.asked
    return ", ".join(
        f"{name} {ours.get(name, 'unknown')} in A and {theirs.get(name, 'unknown')} in B"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    )


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
