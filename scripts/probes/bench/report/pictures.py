"""The plots: what they show, apart from how they are drawn (`drawing`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from probes.bench.report.evidence import Evidence, Where
from probes.bench.series import Series
from probes.loads.numbers import median

TARGETS = ("tornchat", "nchan", "nchan-bare", "sse-starlette", "naive")
"""Those that are shown, each in its own colour."""


@dataclass(frozen=True, slots=True)
class Bars:
    """``of``: target -> label of a group of bars -> its height."""

    of: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Curves:
    """``of``: target -> pairs of percentile and value."""

    of: Mapping[str, list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Picture:
    """``data`` gives what there is to show of each target, in ``unit``."""

    about: str
    unit: str
    data: Callable[[Evidence], Bars | Curves]

    def digest(self, evidence: Evidence) -> str:
        """Of all that it shows: it stands in the file, to tell whether that is of today."""
        plain = json.dumps([self.about, self.unit, asdict(self.data(evidence))])
        return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _bars(where: Where, figure: str, label: str, scale: float = 1.0) -> Callable[[Evidence], Bars]:
    """A figure by the number of subscribers, which stands before ``label``."""

    def data(evidence: Evidence) -> Bars:
        found: dict[str, dict[str, list[float]]] = {}
        for series in _of_targets(evidence, where):
            if series.has(figure):
                name = f"{series.parameters['subscribers']:,} {label}"
                bars = found.setdefault(series.target, {})
                bars.setdefault(name, []).extend(series.values(figure).values())
        return Bars(
            {
                target: {name: scale * median(values) for name, values in bars.items()}
                for target, bars in found.items()
            }
        )

    return data


def _delays(evidence: Evidence) -> Curves:
    """Send to receive, by percentile: the median of all runs at each."""
    where = Where("steady", {"subscribers": 1000, "rate": 20, "size": 200})
    found: dict[str, dict[float, list[float]]] = {}
    for series in _of_targets(evidence, where):
        for run in series.runs:
            for percentile, milliseconds in run.curves.get("delivery", ()):
                points = found.setdefault(series.target, {})
                points.setdefault(percentile, []).append(milliseconds)
    return Curves(
        {
            target: [(at, median(values)) for at, values in sorted(points.items())]
            for target, points in found.items()
        }
    )


def _of_targets(evidence: Evidence, where: Where) -> Iterable[Series]:
    return (series for target in TARGETS for series in evidence.find(target, where))


_ROOM = Where("saturation", {"rooms": 1, "workers": 1, "size": 200, "transport": "sse"})

PICTURES = {
    "throughput": Picture(
        "Deliveries a second at saturation, one room: more is better",
        "thousand/s",
        _bars(_ROOM, "deliveries_per_s", "readers", 1e-3),
    ),
    "cost": Picture(
        "Processor time per delivery at saturation, one room: less is better",
        "us",
        _bars(_ROOM, "cpu_us_per_delivery", "readers"),
    ),
    "delay": Picture(
        "Send to receive, 1,000 readers, 20 messages a second: less is better", "ms", _delays
    ),
    "memory": Picture(
        "Memory of the server's processes for each idle stream: less is better",
        "KiB",
        _bars(Where("idle"), "bytes_per_stream", "streams", 1 / 1024),
    ),
}
"""Name of the file -> what it shows."""
