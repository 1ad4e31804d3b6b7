"""The load probes in small: two hundred streams, by their commands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from probes.loads import report
from probes.loads.notes import due_of, nonce_of
from probes.loads.numbers import histogram, median, percentile

from tests.probes.test_prove import lab


def run(folder: Path, *words: str, streams: int = 200) -> dict[str, Any]:
    """What a probe found. It ran to its end, whatever a busy machine made of its times."""
    file = folder / "found.json"
    few = ("--streams", str(streams), "--people", "2")
    done = lab(*words, *few, "--json", str(file), seconds=400)
    assert file.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    expected = {"met": 0, "missed": 1, "no verdict": 2}[found["verdict"]]
    assert done.returncode == expected
    assert claim(found, "lost")["value"] == 0, found["details"]
    assert found["figures"]["deliveries"] >= 200
    return found


def claim(found: dict[str, Any], words: str) -> dict[str, Any]:
    (one,) = [claim for claim in found["claims"] if words in claim["what"]]
    return dict(one)


def test_streams_of_a_worker_that_leaves_come_back_one_after_another(tmp_path: Path) -> None:
    found = run(tmp_path, "drain", "--drain", "4", "--workers", "1")
    assert claim(found, "spread")["met"]
    (bar,) = found["bars"].values()
    assert sum(bar) == 200
    assert max(bar) < 150


def test_streams_that_break_at_once_all_come_back(tmp_path: Path) -> None:
    found = run(tmp_path, "storm", "--workers", "2", "--kill")
    (bar,) = found["bars"].values()
    assert sum(bar) == 200
    assert found["figures"]["streams opened"] >= 400


def test_readers_that_stop_reading_are_cut_and_hold_little(tmp_path: Path) -> None:
    few = ("--stalled", "20", "--rounds", "1", "--seconds", "2")
    found = run(tmp_path, "slow", *few, "--rate", "10", "--size", "9500", streams=60)
    assert claim(found, "streams cut")["met"]
    assert claim(found, "bytes for each")["met"]


def test_more_streams_than_descriptors_is_said_in_one_line() -> None:
    done = lab("storm", "--streams", "100000000")
    assert done.returncode == 2
    assert re.match(r"scripts/lab storm: a process needs \d+ descriptors and may", done.stderr)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, 0.0), ([3.0, 1.0, 2.0], 0.5, 2.0), ([3.0, 1.0, 2.0], 0.99, 3.0), ([1.0], 0.0, 1.0)],
)
def test_percentiles_are_values_that_were_there(
    values: list[float], share: float, found: float
) -> None:
    assert percentile(values, share) == found


def test_medians_and_histograms() -> None:
    assert median([4.0, 1.0, 2.0]) == 2.0
    assert median([4.0, 1.0]) == 2.5
    assert histogram([0.1, 0.2, 2.5], 1.0) == [2, 0, 1]
    assert histogram([], 1.0) == []


def test_a_nonce_says_when_its_message_was_to_be_sent() -> None:
    assert due_of(nonce_of(1234.5, 7)) == 1234.5


def test_the_page_is_what_the_command_writes() -> None:
    assert report.PAGE.read_text("utf-8") == report.page(report.runs())


def test_no_run_on_the_page_lost_anything() -> None:
    for run in report.runs():
        assert claim(run, "lost")["value"] == 0, run["command"]
