"""Measuring a matrix: cell by cell, in turns, with what is done written at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from probes.bench import show
from probes.bench.result import Run, Verdict
from probes.bench.run import go
from probes.bench.scenarios import Scenario
from probes.bench.servers import Servers
from probes.loads.machine import need_descriptors, need_linux
from probes.network.conditions import LOOPBACK
from probes.rig.children import CannotRun
from probes.study.matrix import Cell, Matrix
from probes.study.store import Store

_SPARE_DESCRIPTORS = 500
_END_SECONDS = 60.0
"""A probe that is interrupted stops its servers in less."""


def measure(matrix: Matrix, store: Store, seed: int) -> None:
    """Run what the store does not have yet. Raises `CannotRun`, `BadResult`."""
    need_linux()
    most = max((cell.scenario.subscribers for cell in matrix.cells), default=0)
    need_descriptors(2 * most + _SPARE_DESCRIPTORS)
    left = [
        (number, cell)
        for number, cell in matrix.turns(seed)
        if not store.has(cell.part, cell.scenario_of(number, seed).parameters(), number)
    ]
    with _shown(matrix, left) as following, Servers() as servers:
        before = 0
        for done, (number, cell) in enumerate(left):
            if number != before:
                servers.end()
                before = number
            following.begin(done, f"{words(cell.scenario)} (run {number})")
            run, versions = go(servers, cell.scenario_of(number, seed), number, following.tell)
            store.add(cell.part, run, versions)
            show.line(run)
            if run.verdict is Verdict.FAILED:
                servers.end()  # whatever broke it shall not break the next


def assemble(matrix: Matrix, store: Store, seed: int) -> None:
    """Have the other probes make what the store does not have yet. Raises `CannotRun`."""
    for piece in matrix.pieces:
        if store.has_part(piece.part):
            continue
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{piece.part}.json"
            given = [*piece.words, "--seed", str(seed), "--json", str(file)]
            print(f"scripts/lab {' '.join(given)}", file=sys.stderr)
            status = ended([sys.executable, "-m", "probes", *given])
            if not file.exists():
                raise CannotRun(f"scripts/lab {piece.words[0]} ended with {status}")
            store.take(piece.part, file)


def ended(command: Sequence[str]) -> int:
    """Run a probe to its end; gives its exit status. Where we are interrupted it is told so once,
    and waited for: it has servers, folders and control groups to take away."""
    # In a session of its own, else a Ctrl-C would come from the terminal as well.
    probe = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        return probe.wait()
    except BaseException:
        probe.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            probe.wait(_END_SECONDS)
        raise
    finally:
        probe.kill()
        probe.wait()


def words(scenario: Scenario) -> str:
    """A cell in a few words."""
    parts = [scenario.name, scenario.transport]
    if scenario.interval is not None:
        parts.append(f"each {scenario.interval:g} s")
    parts.append(f"{scenario.subscribers} members")
    parts.append(f"{scenario.rate:g}/s" if scenario.rate else f"{scenario.in_flight} in flight")
    if scenario.network != LOOPBACK:
        parts.append(scenario.network)
    return ", ".join(parts)


class _Following:
    """How far it is, and how long it will take: by the estimate, and by how right that was."""

    def __init__(
        self, progress: Progress | None, task: TaskID, matrix: Matrix, left: list[tuple[int, Cell]]
    ) -> None:
        self._progress = progress
        self._task = task
        self._matrix = matrix
        self._left = left
        self._whole = matrix.estimate(left)
        self._begun = time.monotonic()
        self._where = ""

    def begin(self, done: int, where: str) -> None:
        self._where = where
        rest = self._matrix.estimate(self._left[done:])
        spent = time.monotonic() - self._begun
        planned = self._whole - rest
        pace = max(0.5, spent / planned) if planned > 30 else 1.0
        left = f"{done + 1}/{len(self._left)}, {rest * pace / 60:.1f} min left"
        if self._progress is None:
            Console(stderr=True, highlight=False, soft_wrap=True).print(f"{left}: {where}")
            return
        self._progress.update(self._task, completed=planned, left=left)
        self.tell("")

    def tell(self, text: str) -> None:
        if self._progress is not None:
            said = f"{self._where}: {text}" if text else self._where
            self._progress.update(self._task, description=said)


@contextmanager
def _shown(matrix: Matrix, left: list[tuple[int, Cell]]) -> Iterator[_Following]:
    """A bar on a terminal, a line for each run elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Following(None, TaskID(0), matrix, left)
        return
    columns = (BarColumn(24), TextColumn("{task.fields[left]}  {task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=matrix.estimate(left), left="")
        yield _Following(progress, task, matrix, left)


def summary(runs: list[Run]) -> str:
    """How many runs came to which verdict."""
    verdicts = [run.verdict for run in runs]
    counts = [(verdicts.count(verdict), verdict) for verdict in Verdict]
    return ", ".join(f"{count} {verdict}" for count, verdict in counts if count)
