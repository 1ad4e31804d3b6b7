"""What was measured, as the model needs it: load and processor time of one run of one worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from probes.bench.result import Result, Run, Verdict

_OURS = "tornchat"


@dataclass(frozen=True, slots=True)
class Cell:
    """Rates are per second, processor time in cores. ``batch``: events in one write."""

    name: str
    subscribers: int
    workers: int
    rate: float
    deliveries: float
    batch: float
    worker: float
    redis: float

    @property
    def group(self) -> tuple[str, int, int]:
        """Runs with the same one are repetitions."""
        return self.name, self.subscribers, self.workers

    @property
    def title(self) -> str:
        who = f"{self.subscribers:,} subscribers" if self.subscribers else "nobody listens"
        several = f", {self.workers} workers" if self.workers > 1 else ""
        return f"{self.name}, {who}{several}"


def cells(results: Iterable[Result]) -> list[Cell]:
    """Every run of ours over Server-Sent Events that was complete and said something.

    Processor time is counted and not clocked, so runs without a verdict count as well.
    """
    return [cell for result in results for run in result.runs for cell in _cell(run)]


def groups(found: Sequence[Cell]) -> dict[tuple[str, int, int], list[Cell]]:
    """Repetitions together."""
    sorted_out: dict[tuple[str, int, int], list[Cell]] = {}
    for cell in found:
        sorted_out.setdefault(cell.group, []).append(cell)
    return sorted_out


def _cell(run: Run) -> Iterator[Cell]:
    known, given = run.figures, run.parameters
    if run.target != _OURS or run.verdict is Verdict.FAILED or given.get("transport") != "sse":
        return
    if given.get("size") != 200 or not known.get("messages"):
        return
    rate = known["messages_per_s"]
    if "cpu_us_per_message_worker" not in known:
        return
    yield Cell(
        run.scenario,
        given["subscribers"],
        given["workers"],
        rate,
        known.get("deliveries_per_s", 0.0),
        max(1.0, known.get("deliveries_per_read", 1.0)),
        known["cpu_us_per_message_worker"] * rate / 1e6,
        known["cpu_us_per_message_redis"] * rate / 1e6,
    )
