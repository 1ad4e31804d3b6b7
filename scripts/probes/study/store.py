"""The files of the study: ``data/<part>.json``, one `probes.bench.result.Result` for each part of
the matrix, and ``runs.csv``, the figures of all runs, one a line."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probes.bench import result
from probes.bench.result import Result, Run
from probes.rig import facts
from probes.rig.children import CannotRun
from probes.rig.node import ROOT

FOLDER = ROOT / "docs" / "study"
_DATA, CSV = "data", "runs.csv"
_DIGITS = 6
_KEPT = ("steps",)


class Store:
    """What a study has measured so far, in a folder. ``settings`` stand in each file."""

    def __init__(self, folder: Path, command: str, settings: dict[str, Any]) -> None:
        self.folder = folder
        self._command = command
        self._settings = settings
        self._results: dict[str, Result] = {}

    def keep(self) -> None:
        """Take over what is there. Raises `BadResult`, and `CannotRun` where it was made on another
        machine."""
        machine = facts.machine()["machine"]
        for part, one in load(self.folder).items():
            if one.machine.get("machine", machine) != machine:
                raise CannotRun(f"{part} was measured on another machine: {one.machine['machine']}")
            self._results[part] = one

    def forget(self, parts: Sequence[str]) -> None:
        """Remove what is there of these parts."""
        for part in parts:
            self._results.pop(part, None)
            self._file(part).unlink(missing_ok=True)

    def has(self, part: str, parameters: dict[str, Any], number: int) -> bool:
        """Whether this run was made."""
        known = self._results.get(part)
        return known is not None and any(
            (run.number, run.parameters) == (number, parameters) for run in known.runs
        )

    def has_part(self, part: str) -> bool:
        return part in self._results

    def take(self, part: str, file: Path) -> None:
        """Take over what another probe has written. Of what went on over time only the steps of a
        search are kept: all processes, twice a second, are too much. Raises `BadResult`."""
        found = result.read(file)
        for run in found.runs:
            run.curves = {}
            run.series = {name: rows for name, rows in run.series.items() if name in _KEPT}
        found.settings |= self._settings
        self._results[part] = found
        self._write(part)

    def add(self, part: str, run: Run, versions: dict[str, str]) -> None:
        """Keep a run, in its file at once. Its histograms say all that its curves do."""
        found = self._results.get(part)
        if found is None:
            now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
            machine = {"machine": facts.machine()["machine"]}
            found = Result(machine, self._command, now, dict(self._settings))
            self._results[part] = found
        run.curves = {}
        run.figures = {name: rounded(value) for name, value in run.figures.items()}
        found.versions.setdefault(run.target, versions)
        found.runs.append(run)
        self._write(part)

    def _write(self, part: str) -> None:
        """At once or not at all."""
        file = self._file(part)
        beside = file.with_suffix(".new")
        result.write(self._results[part], beside)
        beside.replace(file)

    def _file(self, part: str) -> Path:
        return self.folder / _DATA / f"{part}.json"


def load(folder: Path) -> dict[str, Result]:
    """Part -> what was measured of it. Raises `BadResult`."""
    return {path.stem: result.read(path) for path in sorted((folder / _DATA).glob("*.json"))}


def write_csv(folder: Path, results: Mapping[str, Result]) -> None:
    """Parameters and figures of all runs, one run a line."""
    runs = [(part, run) for part, one in results.items() for run in one.runs]
    parameters = list(dict.fromkeys(name for _, run in runs for name in run.parameters))
    figures = list(dict.fromkeys(name for _, run in runs for name in run.figures))
    clash = set(parameters) & set(figures)
    with (folder / CSV).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        shown = [f"measured_{name}" if name in clash else name for name in figures]
        lines.writerow(["part", "target", "number", "verdict", *parameters, *shown])
        for part, run in runs:
            given = [run.parameters.get(name, "") for name in parameters]
            found = [run.figures.get(name, "") for name in figures]
            lines.writerow([part, run.target, run.number, run.verdict, *given, *found])


def rounded(value: float) -> float:
    """With as many digits as anybody needs."""
    return float(f"{value:.{_DIGITS}g}")
