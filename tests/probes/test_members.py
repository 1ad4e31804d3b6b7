"""Members who only listen, and members who come and go: the probes in small, by their commands."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from probes.__main__ import main
from probes.bench.figures import FIGURES
from probes.bench.result import Run, Verdict, read

from tests.probes.test_prove import lab


def found(folder: Path, *words: str) -> Run:
    """The one run of a probe. It lost nothing, whatever a busy machine made of its times."""
    file = folder / "found.json"
    done = lab(*words, "--runs", "1", "--seed", "3", "--json", str(file), seconds=400)
    assert file.exists(), done.stderr
    result = read(file)
    assert result.settings["seed"] == 3
    assert "Redis" in result.versions["tornchat"]["redis"]
    (run,) = result.runs
    assert run.verdict is not Verdict.FAILED, run.notes
    assert done.returncode == (0 if run.verdict is Verdict.GOOD else 3)
    assert run.figures.keys() <= FIGURES.keys()
    assert run.figures["lost"] == run.figures["doubled"] == run.figures["disordered"] == 0
    assert FIGURES["connect_us"].label in done.stdout
    return run


def test_idle_members_who_poll_ask_once_an_interval(tmp_path: Path) -> None:
    few = ("--members", "40", "--seconds", "0.6", "--interval", "0.2", "--warm-up", "0.2")
    run = found(tmp_path, "idle", "--transport", "short-poll", *few)
    assert run.parameters["members"] == 40
    assert 0 < run.figures["requests_per_member_s"] < 10
    assert run.figures["idle_cpu_us_per_member"] >= 0
    assert "socket_bytes_per_stream" in run.figures


def test_who_comes_back_has_missed_nothing(tmp_path: Path) -> None:
    few = ("--members", "20", "--going", "8", "--people", "1", "--warm-up", "0.2")
    often = ("--churn", "20", "--away", "0.2", "--seconds", "0.6", "--rate", "20")
    run = found(tmp_path, "churn", "--transport", "sse", *few, *often)
    assert 0 < run.figures["connects_per_s"] <= run.figures["offered_connects_per_s"]
    assert run.figures["deliveries"] > 20
    assert run.figures["return_p50_ms"] > 0
    assert run.histograms.keys() >= {"delivery", "delivery_closed", "quiet_delivery"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("idle", "--transport", "pigeon"), "'pigeon' is no transport; there are: sse"),
        (("idle", "--members", "1"), "--members: 1 is too little"),
        (("churn", "--transport", "long-poll"), "'long-poll' takes no part; there are: sse"),
        (("churn", "--members", "5", "--going", "5"), "--going must be less than --members"),
        (("bench", "--loss", "99"), "delay, jitter and loss are at least 0"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(words) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
    error = capsys.readouterr().err
    assert error.startswith(f"scripts/lab {words[0]}: {said}")
    assert error.count("\n") == 1
