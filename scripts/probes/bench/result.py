"""What one invocation of the benchmark found, and its file.

``{"format": 1, "machine": {...}, "command", "date", "settings": {...}, "versions": {target: {...}},
"runs": [...]}``; a run is one target in one scenario, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

FORMAT = 1


class Verdict(StrEnum):
    """Whether a run's figures say something of the server."""

    GOOD = "good"
    REFUSED = "refused"
    """The client, or somebody else on the machine, was the limit. The figures are kept."""
    FAILED = "failed"
    """Messages were lost, doubled or out of order, or it did not get to its end."""


class BadResult(ValueError):
    """A file is not a result of the benchmark; the text says why."""


@dataclass(slots=True)
class Run:
    """``figures`` by the names in `probes.bench.figures.FIGURES`; ``curves``: name -> pairs of
    percentile and milliseconds; ``notes``: why the verdict is what it is. ``histograms``: name ->
    an encoded HdrHistogram of microseconds (`probes.bench.latency.Delays.encoded`); ``series``:
    name -> rows over time, which begin with the seconds since the run began. A file may go without
    the last two."""

    target: str
    scenario: str
    number: int
    parameters: dict[str, Any]
    figures: dict[str, float]
    verdict: Verdict = Verdict.GOOD
    notes: list[str] = field(default_factory=list)
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    histograms: dict[str, str] = field(default_factory=dict)
    series: dict[str, list[list[float]]] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: Any) -> Self:
        """From what JSON holds. Raises `BadResult`."""
        known = _members(cls, plain, optional=("histograms", "series"))
        _demand(_all(known["figures"], str, (int, float)), "figures are not numbers by their names")
        _demand(known["verdict"] in list(Verdict), f"{known['verdict']!r} is no verdict")
        curves = known["curves"]
        _demand(_all(curves, str, list), "curves are not lists by their names")
        try:
            known["curves"] = {
                name: [(float(x), float(y)) for x, y in pairs] for name, pairs in curves.items()
            }
        except (TypeError, ValueError):
            raise BadResult("a curve is not pairs of numbers") from None
        _demand(_all(known["histograms"], str, str), "histograms are not text by their names")
        _demand(_all(known["series"], str, list), "series are not lists by their names")
        known["verdict"] = Verdict(known["verdict"])
        return cls(**known)


@dataclass(slots=True)
class Result:
    """``machine``, ``settings`` and ``versions`` (target -> what it is made of) are for people."""

    machine: dict[str, str]
    command: str
    date: str
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def of_target(self, target: str, scenario: str) -> Iterator[Run]:
        """The runs of one target in one scenario, in their order."""
        return (run for run in self.runs if (run.target, run.scenario) == (target, scenario))

    def values(self, target: str, scenario: str, figure: str) -> list[float]:
        """One figure in all of them that have it."""
        runs = self.of_target(target, scenario)
        return [run.figures[figure] for run in runs if figure in run.figures]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Scenario and target of all runs, each once, in the order of their first."""
        return list(dict.fromkeys((run.scenario, run.target) for run in self.runs))


def write(result: Result, path: Path) -> None:
    """As JSON that a person can read as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {"format": FORMAT, **asdict(result)}
    path.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read(path: Path) -> Result:
    """The way back. Raises `BadResult`; ``OSError`` where there is no such file."""
    try:
        plain = json.loads(path.read_text("utf-8"))
        return parse(plain)
    except (ValueError, BadResult) as wrong:
        raise BadResult(f"{path}: {wrong}") from None


def parse(plain: Any) -> Result:
    """A result from what JSON holds. Raises `BadResult`."""
    _demand(isinstance(plain, dict), "not an object")
    given = dict(plain)
    _demand(given.pop("format", None) == FORMAT, f"not of format {FORMAT}")
    known = _members(Result, given)
    _demand(_all(known["machine"], str, str), "machine is not text by names")
    _demand(_all(known["versions"], str, dict), "versions is not an object of objects")
    known["runs"] = [Run.of(run) for run in known["runs"]]
    return Result(**known)


_TYPES: Mapping[str, type] = {"str": str, "int": int, "Verdict": str}


def _members(cls: type, plain: Any, optional: Iterable[str] = ()) -> dict[str, Any]:
    """Those of a dataclass, each there (an ``optional`` one may be left out, and is empty) and of
    its type; no others."""
    _demand(isinstance(plain, dict), f"a {cls.__name__.lower()} is not an object")
    given: dict[str, Any] = {**{name: {} for name in optional}, **plain}
    names = {row.name: str(row.type) for row in fields(cls)}
    for odd in names.keys() ^ given.keys():
        raise BadResult(f"{odd!r} is {'missing' if odd in names else 'unknown'}")
    for name, kind in names.items():
        wanted = _TYPES.get(kind, list if kind.startswith("list") else dict)
        _demand(isinstance(given[name], wanted), f"{name!r} is not of the type {kind}")
    return given


def _all(given: Any, key: type, value: type | tuple[type, ...]) -> bool:
    pairs: Iterable[tuple[Any, Any]] = given.items()
    return all(isinstance(k, key) and isinstance(v, value) for k, v in pairs)


def _demand(true: bool, what: str) -> None:
    if not true:
        raise BadResult(what)
