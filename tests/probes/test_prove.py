"""The proof itself, in small: everything that fits into twenty seconds, by the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from probes.client import Transport

from tests.running import ROOT

FAULTS = "kill-worker,kill-redis,drop-publish,proxy-reset,slow-reader,churn"


def lab(*words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """``scripts/lab``, less what it installs."""
    return subprocess.run(
        [sys.executable, "-m", "probes", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"scripts{os.pathsep}."},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def test_twenty_seconds_of_faults_lose_nothing_by_any_transport(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    words = ("prove", "--seconds", "20", "--seed", "6", "--workers", "2", "--nodes", "2")
    done = lab(*words, "--faults", FAULTS, "--json", str(result), seconds=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("PROVEN")
    found = json.loads(result.read_text("utf-8"))
    assert found["proven"]
    assert found["deliveries by transport"].keys() == set(Transport)
    assert found["strikes"].keys() == set(FAULTS.split(","))
    assert all(n > 0 for row in found["matrix"].values() for n in row.values())
    assert found["counts"]["deliveries"] > found["counts"]["posts accepted"] > 100
    assert found["command"].startswith("scripts/lab prove --seconds 20 --seed 6")


def test_the_lab_lists_its_probes() -> None:
    done = lab("--help")
    assert done.returncode == 0
    assert "prove" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--faults", "kill-moon"),
            "'kill-moon' is not a fault; there are: all, none, kill-worker",
        ),
        (("--transport", "pigeon"), "'pigeon' is not a transport; there are: all, sse,"),
        (("--seconds", "10"), "these faults need at least"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(words: tuple[str, ...], said: str) -> None:
    done = lab("prove", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
