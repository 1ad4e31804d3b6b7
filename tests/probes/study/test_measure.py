"""The study in small, on a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from probes.bench.result import Verdict
from probes.bench.scenarios import Scenario
from probes.study import measure, report, store
from probes.study.matrix import Cell, Matrix
from probes.study.reading import Study

_SMALL = {"subscribers": 6, "members": 2, "rate": 20.0, "seconds": 0.5, "warm_up": 0.1}


def small(transport: str, **other: float) -> Cell:
    """A cell that takes a second."""
    return Cell(Scenario("base", "small", transport=transport, **_SMALL, **other), runs=1)  # type: ignore[arg-type]


def test_transports_take_turns_on_one_server_and_what_is_there_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = Matrix(
        "small", (small("sse", trips=2), small("long-poll"), small("short-poll", interval=0.1))
    )
    kept = store.Store(tmp_path, "a test", {"form": matrix.name, "seed": 1})
    measure.measure(matrix, kept, seed=1)
    results = store.load(tmp_path)
    runs = results["base"].runs
    assert {run.parameters["transport"] for run in runs} == {"sse", "long-poll", "short-poll"}
    for run in runs:
        assert run.verdict is not Verdict.FAILED, run.notes
        assert run.figures["lost"] == run.figures["doubled"] == 0
        assert run.histograms["delivery"]
    assert any("split_log_ms" in run.figures for run in runs)
    assert "| **short poll, 0.1 s** |" in report.page(Study(results))

    again = store.Store(tmp_path, "a test", {"form": matrix.name, "seed": 1})
    again.keep()
    monkeypatch.setattr(measure, "go", None)  # it would fail if anything were run
    measure.measure(matrix, again, seed=1)
    assert len(store.load(tmp_path)["base"].runs) == len(runs)


_TIDIES = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
try:
    (folder / "begun").touch()
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.6)  # longer than subprocess.run would wait before it kills
    (folder / "tidied").touch()
"""
_WAITS = """
import sys
from probes.study.measure import ended
ended([sys.executable, *sys.argv[1:]])
"""


def test_a_probe_that_is_interrupted_may_tidy_up(tmp_path: Path) -> None:
    study = subprocess.Popen(
        [sys.executable, "-c", _WAITS, "-c", _TIDIES, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 30
    while not (tmp_path / "begun").exists() and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    study.send_signal(signal.SIGINT)
    study.wait(30)
    assert (tmp_path / "tidied").exists()
